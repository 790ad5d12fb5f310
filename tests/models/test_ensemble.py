import torch
from torch import nn

from giemsa.models.ensemble import Ensemble, convnet_ensemble
from giemsa.models.layers import StandardizeEach


def test_evaluation_gives_the_mean_probability():
    torch.manual_seed(0)
    members = [nn.Sequential(nn.Flatten(), nn.Linear(12, 3)) for _ in range(3)]
    pixels = torch.randn(5, 3, 2, 2)
    expected = torch.stack([member(pixels).softmax(dim=1) for member in members]).mean(dim=0)
    torch.testing.assert_close(Ensemble(members).eval()(pixels).softmax(dim=1), expected)


def test_probabilities_keep_their_digits_where_the_members_compute_in_bfloat16():
    torch.manual_seed(0)
    members = [nn.Sequential(nn.Flatten(), nn.Linear(12, 3)) for _ in range(3)]
    pixels = 8 * torch.randn(50, 3, 2, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        apart, joined = [member(pixels) for member in members], Ensemble(members).eval()(pixels)
    assert {logits.dtype for logits in apart} == {torch.bfloat16}
    expected = torch.stack([logits.double().softmax(dim=1) for logits in apart]).mean(dim=0)
    torch.testing.assert_close(joined.double().softmax(dim=1), expected, rtol=1e-5, atol=0)


def test_training_gives_each_member_apart():
    torch.manual_seed(0)
    members = [nn.Sequential(nn.Flatten(), nn.Linear(12, 3)) for _ in range(2)]
    pixels = torch.randn(5, 3, 2, 2)
    logits = Ensemble(members).train()(pixels)
    torch.testing.assert_close(logits, torch.stack([member(pixels) for member in members], dim=1))


def test_members_begin_differently():
    ensemble = convnet_ensemble(channels=3, n_classes=2, size=28, generator=torch.Generator().manual_seed(0))
    first, third = (ensemble.members[i].conv1.weight for i in (0, 2))
    assert len(ensemble.members) == 3
    assert first.shape == third.shape
    assert not torch.equal(first, third)


def test_light_and_its_colour_count_for_the_members_that_are_shown_them() -> None:
    ensemble = convnet_ensemble(channels=3, n_classes=2, size=28, generator=torch.Generator().manual_seed(0))
    pixels = torch.rand(5, 3, 28, 28, generator=torch.Generator().manual_seed(1))
    tinted = pixels * torch.tensor([0.3, 0.5, 0.7]).view(1, 3, 1, 1) + 0.1
    changed = []
    for member in ensemble.eval().members:
        nn.init.normal_(member.dense.weight, generator=torch.Generator().manual_seed(2))
        with torch.no_grad():
            before, after = member(pixels), member(tinted)
        changed.append(((before - after).abs().max() / before.std()).item())
    assert min(changed[:2]) > 0.3
    assert changed[2] < 0.02


def test_the_second_member_is_shown_each_image_by_itself_too() -> None:
    ensemble = convnet_ensemble(channels=3, n_classes=2, size=28, generator=torch.Generator().manual_seed(0))
    pixels = torch.rand(2, 3, 28, 28, generator=torch.Generator().manual_seed(1))
    pixels = pixels.to(memory_format=torch.channels_last)
    shown = ensemble.eval().members[1].standardize(pixels)
    torch.testing.assert_close(shown[:, :3], ensemble.members[0].standardize(pixels))
    torch.testing.assert_close(shown[:, 3:], StandardizeEach()(pixels))
    assert shown.is_contiguous(memory_format=torch.channels_last)


def test_members_are_wide_and_their_entrances_learn_nothing() -> None:
    ensemble = convnet_ensemble(channels=3, n_classes=2, size=28, generator=torch.Generator().manual_seed(0))
    for member in ensemble.members:
        widths = [layer.out_channels for layer in member.modules() if isinstance(layer, nn.Conv2d)]
        assert widths == [24, 32, 96, 96, 192, 192]
        assert not list(member.standardize.parameters())
