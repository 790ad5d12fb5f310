import torch
from torch import nn

from giemsa.models.ensemble import Ensemble, convnet_ensemble


def test_evaluation_gives_the_mean_probability():
    torch.manual_seed(0)
    members = [nn.Sequential(nn.Flatten(), nn.Linear(12, 3)) for _ in range(3)]
    pixels = torch.randn(5, 3, 2, 2)
    expected = torch.stack([member(pixels).softmax(dim=1) for member in members]).mean(dim=0)
    torch.testing.assert_close(Ensemble(members).eval()(pixels).softmax(dim=1), expected)


def test_training_gives_each_member_apart():
    torch.manual_seed(0)
    members = [nn.Sequential(nn.Flatten(), nn.Linear(12, 3)) for _ in range(2)]
    pixels = torch.randn(5, 3, 2, 2)
    logits = Ensemble(members).train()(pixels)
    torch.testing.assert_close(logits, torch.stack([member(pixels) for member in members], dim=1))


def test_members_begin_differently():
    ensemble = convnet_ensemble(channels=3, n_classes=2, size=28, generator=torch.Generator().manual_seed(0))
    first, second = (ensemble.members[i].conv1.weight for i in (0, 1))
    assert len(ensemble.members) == 3
    assert not torch.equal(first, second)


def test_the_third_member_does_not_see_the_light():
    ensemble = convnet_ensemble(channels=3, n_classes=2, size=28, generator=torch.Generator().manual_seed(0))
    pixels = torch.rand(5, 3, 28, 28, generator=torch.Generator().manual_seed(1))
    changed = []
    for member in ensemble.eval().members:
        nn.init.normal_(member.dense.weight, generator=torch.Generator().manual_seed(2))
        with torch.no_grad():
            bright, dark = member(pixels), member(0.3 * pixels + 0.1)
        changed.append(((bright - dark).abs().max() / bright.std()).item())
    assert min(changed[:2]) > 0.5
    assert changed[2] < 0.01
