"""The tutorial's source; ``build.py`` makes the notebooks of it."""

# %% [markdown]
# # Training a network to tell blood cells apart
#
# A doctor puts a drop of blood on a glass slide, stains it with a purple dye, and looks at it through a microscope. The dye is
# called the Giemsa stain. It makes visible what is inside each cell, and from that a trained eye knows the cell's kind. In this
# hour you will teach a small program to do the same. You will look at the data, doubt the data, build the program, train it,
# measure how good it really is, and look inside it to see what it has learnt.
#
# You need: a little Python (lists, loops, functions) and this laptop. No graphics card, and no internet: the images are inside
# the package `giemsa`. Every new word is explained when it comes up.
#
# **How to work.** Run the cells from top to bottom with Shift + Enter. Where you see *Exercise*, put your own code in the place
# of the three dots `...`, run the cell, then run the check below it: it tells you at once what is right and what is missing.
# You can try as often as you like. In the version with solutions, a right answer is folded away behind each check: a click on the
# three dots opens it. (Running it does not change your answer; it steps in only where you left the dots, so that you can go on.)
# There is always more than one right answer, and the check accepts each of them.

# %%
import copy
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from torch import nn

import giemsa
from giemsa import teaching

# %% [markdown]
# ## 1 The images
#
# *BloodMNIST* is a public collection of 17,092 pictures of single blood cells, made at the Hospital Clinic of Barcelona from
# people without infection or blood disease. Each picture was cut out, made small (28 x 28 pixels) and given its kind by experts.
# We load it and read its *data card*: the facts that one should know of any data before using it. Some words that stand there:
#
# - A **class** is a kind of cell. There are eight. A **label** is the number that stands for a class in the computer: 0, 1, ... 7.
#   (*Multi-class* means: each image has exactly one of them.)
# - The images come in three parts, the **splits**. From *train* the program learns. *Val* (validation) is looked at while one
#   works, to see whether what was learnt also holds for images that were not learnt from. *Test* is looked at once, at the very
#   end, to say how good the result is. To peek at test while working is like seeing the exam questions beforehand: the mark is
#   good, and nobody knows what the student can do.
# - The **symmetry** says what may be done to an image without changing its meaning. A cell may be mirrored and turned; a letter
#   may not.
# - A **channel** is one of the three colours that a pixel is mixed of: red, green, blue. *Mean* and *sd* (standard deviation) say
#   how bright each channel is on average, and how much this varies from pixel to pixel.
# - The **weight** of a class says how much one image of it would have to count if all classes were to count the same. We come back
#   to it in section 2.
# - The last lines ask whether the three splits hold the same mixture of classes. *p* is near zero if the mixtures differ by more than
#   chance would explain; *Cramer's V* runs from 0 (the same mixture) to 1 (nothing in common).

# %%
data = giemsa.load("bloodmnist")
exploration = giemsa.explore(data)
print(exploration)

# %% [markdown]
# The images of a split are one large block of numbers. Its *shape* says how it is arranged: number of images, height, width,
# channels. *uint8* is the kind of number: a whole number from 0 to 255.

# %%
for name, split in data.splits.items():
    print(name, split.images.shape, split.images.dtype)
print("labels that occur:", np.unique(data.train.labels))

# %% [markdown]
# Each label has a name. One of the names is very long; we give this class a shorter one. (The data itself does not change, only
# what we call it.)

# %%
print(data.class_names[3])
data = data.rename({3: "immature granulocytes"})
for label, name in enumerate(data.class_names):
    print(label, name)

# %% [markdown]
# Here are four neighbouring pixels of the first image, from its top left corner. Each is three numbers (red, green, blue) from 0
# (dark) to 255 (bright).

# %%
print(data.train.images[0, :2, :2])
print("smallest", data.train.images.min(), "largest", data.train.images.max())

# %% [markdown]
# **Why pixels are scaled.** A network learns by many small changes to its numbers. This goes well when what comes in is about as
# large as 1, and badly when it is as large as 255: then each small change makes a big jump. So the pixels are divided by 255 and
# lie between 0 and 1. `giemsa` does it just before the images go into the network, a few at a time. If all images were turned
# into fractions at once, the set would take eight times the memory.

# %%
few = data.train.images[:2] / 255
print("from", few.min(), "to", few.max())
print("bytes:", data.train.images[:2].nbytes, "before,", few.nbytes, "after")

# %% [markdown]
# Now look at them. Five examples of each class, the first ones in the set. Take a minute. What would *you* look at to tell a
# lymphocyte from a monocyte?

# %%
pictures = {picture.name: picture for picture in giemsa.explore(data).pictures()}
pictures["explore-examples"]

# %% [markdown]
# ### Exercise 1: the distribution of classes
#
# Are all eight classes equally frequent? Count how many images of each class the *validation* split holds. The labels of that
# split are in `data.val.labels`: one number for each image. Any way of counting is fine, and the answer may be a list, an array
# or a dictionary.

# %% exercise
my_counts = ...

# %% solution
my_counts = [int((data.val.labels == label).sum()) for label in range(8)]

# %%
teaching.check_class_counts(my_counts, data)

# %% [markdown]
# Here is the same for all three splits.

# %%
pictures["explore-classes"]

# %% [markdown]
# The classes are not equally frequent: there are nearly three times as many neutrophils as basophils. But the three splits agree
# with one another: what is rare in one is as rare in the others. That is as it should be.
#
# *Something to think about:* a lazy program that answers "neutrophil" to every image would be right how often? Any useful program
# must do clearly better than that.

# %% [markdown]
# ## 2 The audit: what is really in this data?
#
# It is tempting to start training now. Don't. Data that hundreds of people have used may still hold mistakes, and a program
# that learns from mistakes, or is tested on images that it has already seen, gives results that mean nothing. So we have the
# data examined first. The *audit* looks for
#
# - **duplicates**: the same image twice, and worst of all in two splits. That is called *leakage*: the exam then holds questions
#   from the exercise book;
# - **wrong labels**: images whose label the other images speak against;
# - **bad images**: nearly black, blurred, or quite unlike all others;
# - **shortcuts**: hints that have nothing to do with the cell, such as the colour of the background, which give the answer away.
#
# It takes up to a minute, since it trains small networks (you will build one yourself soon) to ask for their opinion. Some words
# that it uses:
#
# - **Balanced accuracy**: the share of right answers, taken for each class on its own and then averaged. Who guesses blindly among
#   eight classes gets one in eight, 0.125.
# - **AUC**: how well one number (say, the brightness of the border) tells one class from the rest. 0.5 is chance, 1 is perfect.
# - A **95 % interval**: how far a figure may be off because there are only so many images. More on it in section 5.
# - The **median** of some numbers is the one in the middle when they are sorted.
# - A **manifest** is a table of images and labels. A *cleaned* manifest leaves copies out and, outside test, the images whose labels
#   are doubted most; `giemsa audit --fix` writes one.
# - **Confident learning** counts how many labels are probably wrong, from networks that had not seen those images and are sure of
#   another class.

# %%
audit = giemsa.audit(data)
audit

# %%
display(*audit.pictures())

# %% [markdown]
# Read the findings, the worst first. Each says what was found, why it matters and what to do. Nobody has tampered with this data:
# it is the public set, used in hundreds of studies, and yet
#
# - **it holds 21 pairs of images that are the same**, or nearly. 11 of them stand in two splits, and so 8 of the 3,421 test images
#   can be learnt by heart. That is little: they change a score by 0.2 points of a hundred at the most. But one should know.
# - **one picture has two labels.** Image 1018 of train is called an eosinophil, image 3126 of test a neutrophil, and they are the same.
#   Whatever a network answers, one of the two must count as wrong.
# - **the background gives something away.** A simple program that sees the border of the images, and never the cell, names the
#   class in 37 of 100 cases, where guessing gets 12 or 13. So a network *could* learn from the background, and fail on the next
#   slide, where it is different. Section 6 looks at what ours learns.
# - **so does the colour.** From the colours alone, wherever they are, a simple program gets more than 70 of 100. In stained cells colour is
#   a real sign. But another laboratory's stain has other colours.
#
# Two things to remember:
#
# 1. *The audit suggests, you decide.* An image that it holds for wrongly labelled may be a rare but real cell. Only an expert can
#    say.
# 2. *We keep the official splits as they are*, so that our result can be compared with what others have published. But we
#    know what is in them, and say so.
#
# **Class weights** (the numbers from the data card again). Rare classes are a mild problem too: a program that only counts mistakes will care most about the frequent
# ones. One remedy is to let each image of a rare class count for more. These are the weights that would make every class count
# the same. We will not use them at first, but you may try them in exercise 3.

# %%
pd.DataFrame(
    {"class": data.class_names, "images": exploration.counts["train"], "weight": exploration.weights.round(2)}
)

# %% [markdown]
# ## 3 The network
#
# The program that we train is a *convolutional neural network*, CNN for short. It is a chain of simple steps, the **layers**. An
# image goes in at one end, eight numbers come out at the other: one for each class, and the largest one wins. Here is what each
# kind of layer does.
#
# - A **convolution** slides a little window over the image, 3 x 3 pixels large. At each place it multiplies the pixels in the
#   window with nine fixed numbers (for each colour) and adds everything up. These numbers are called a **filter**. The result is
#   large where the image resembles the filter, so a filter can find, say, edges, or dark spots. The result of sliding one filter
#   over the image is a new picture, a **feature map**. A layer has many filters and gives as many maps.
# - **ReLU** replaces negative numbers by zero. It sounds like nothing; but without such a bend in between, a chain of layers could
#   do no more than a single one.
# - **Max-pooling** 2 x 2 keeps only the largest of every four neighbours. The maps get half as wide and half as high, and what
#   was found may lie a pixel to the left or right without making a difference.
# - **Flatten** takes all the maps apart and puts their numbers into one long row.
# - A **dense layer** (`nn.Linear`) computes each of its outputs from all of its inputs: every input times a number of its own, added up.
#
# The eight numbers at the end are called **logits**. They can be any numbers. A function called **softmax** turns them into
# **probabilities**: positive numbers that add up to 1.
#
# The numbers inside filters and dense layers are the **parameters** (also called the network's *weights*). At first they are
# random, so the answers are nonsense. Which random numbers they are is settled by a **seed**: the same seed gives the same numbers
# again, so that a result can be repeated. *Training* means: change the parameters, little by little, until the answers are right.
#
# ### Exercise 2: build the network
#
# Build this network with `torch.nn` and call it `network`:
#
# 1. a convolution with 32 filters of 3 x 3, ReLU, max-pooling 2 x 2;
# 2. a convolution with 64 filters of 3 x 3, ReLU, max-pooling 2 x 2;
# 3. a convolution with 64 filters of 3 x 3, ReLU, max-pooling 2 x 2;
# 4. flatten;
# 5. a dense layer with 256 outputs, ReLU;
# 6. a dense layer with one output for each class.
#
# The building blocks are `nn.Sequential`, `nn.Conv2d(channels_in, filters, size)`, `nn.ReLU()`, `nn.MaxPool2d(size)`,
# `nn.Flatten()` and `nn.Linear(numbers_in, numbers_out)`. PyTorch wants images as (number, channels, height, width). How many
# numbers are left after flattening? Work it out, or run the check and let it tell you what does not fit. Or use
# `nn.LazyLinear(numbers_out)`, which finds it out by itself.

# %% exercise
network = ...

# %% solution
torch.manual_seed(0)  # the same random start each time, so that your numbers are those of this page
network = nn.Sequential(
    nn.Conv2d(3, 32, 3, padding="same"),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(64, 64, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(256, 256),
    nn.ReLU(),
    nn.Linear(256, 8),
)

# %%
teaching.check_network(network)

# %% [markdown]
# (Stuck? Look at the solution, or go on for now with the package's own copy of this network:
# `from giemsa.models import build_model`, then
# `network = build_model("tutorial", channels=3, n_classes=8, size=28, generator=torch.Generator().manual_seed(0))`.)
#
# Here is its *summary*: each layer, the shape of what comes out of it, and how many parameters it has.

# %%
from giemsa.interpretation.layers import list_layers

layers = list_layers(network, data.image_shape)
summary = pd.DataFrame(layers)[["name", "kind", "output_shape", "parameters"]]
print(f"{summary.parameters.sum():,} parameters in all")
summary

# %% [markdown]
# Where do the parameters sit? *Before you run the next cell:* in the convolutions that look, or in the dense layers that decide?

# %%
with_parameters = summary[summary.parameters > 0]
plt.figure(figsize=(6, 2.6), layout="constrained")
plt.barh(with_parameters.kind + " " + with_parameters.name, with_parameters.parameters)
plt.gca().invert_yaxis()
plt.xlabel("parameters")
plt.show()

# %% [markdown]
# And these are the 32 filters of the first convolution, before any training: random specks. Each is 3 x 3 pixels in three
# colours, so it can be drawn as a tiny coloured picture. Keep them in mind; we look at them again after the training.

# %%
from giemsa.interpretation.filters import collect_filters
from giemsa.plots.filters import plot_filters

first_filters = collect_filters(network)[0]
print(first_filters.after.shape)
plot_filters(None, first_filters.after, layer="first convolution")

# %% [markdown]
# ## 4 Training
#
# Training goes like this. Take a handful of images (a **batch**). Let the network answer. Measure how wrong the answers are by
# one number, the **loss** (here the *cross-entropy*): it is small when the right class got a high probability. Compute for each parameter in which direction
# it must move to make the loss smaller (this is what PyTorch is for), and move all of them a tiny step in that direction. Take
# the next batch. When all images have had their turn, one **epoch** is over. How large the tiny step is, is called the
# **learning rate**.
#
# **Augmentation.** A cell has no up and no left: mirrored or turned, a neutrophil is still a neutrophil. So each time an image
# is used, it is mirrored or turned at random. The network seldom sees quite the same image twice, and finds it harder to learn
# images by heart. On the left is the image as it is; the others are what augmentation makes of it.

# %%
old_recipe = giemsa.RECIPES["tutorial"]
teaching.show_augmentation(data, old_recipe, places=(20, 4, 7))

# %% [markdown]
# ### The old recipe
#
# A *recipe* holds every choice of a training: how many epochs, how large a batch, which learning rate, which augmentation. The
# recipe `tutorial` is that of the notebook from which this one descends. It takes 100 epochs with a very small learning rate. We
# give it only four, to see how it begins. We train a *copy* of your network, so that yours stays untrained.


# %%
def tell(epoch, epochs):
    print(
        f"epoch {epoch.epoch} of {epochs}: {epoch.val_accuracy:.3f} of validation right, {epoch.seconds:.1f} s"
    )


short = old_recipe.replace(epochs=4)
old_run = giemsa.train(
    data, short, model=copy.deepcopy(network), out="runs/old", overwrite=True, on_epoch=tell
)

# %% [markdown]
# It learns, but slowly: 100 epochs of this reach 88 of 100 right on test. (Measured on two processor cores: 88.7 % on the average of
# three trainings with `giemsa`, and 88.0 % after twelve minutes with the program that the original notebook used.)
#
# ### A better recipe
#
# The same network, the same images, another recipe. It takes larger batches; it starts carefully, then takes steps up to 80 times
# larger, then smaller and smaller ones; it turns the images by quarter turns too; and it does not ask the network to be 100 % sure
# of anything (that is called *label smoothing*). Three more things a `Recipe` does unless told otherwise, so they do not stand in the
# code below: it moves each image by up to a pixel (`shift_pixels`); it brings each colour to mean 0 and standard deviation 1 over all
# training images (`standardize`); and in the middle epochs it leaves out most of the images that the network knows already, and shows
# others again in their place (`skip_known`). Such an epoch is as long as any other, but not each image has its turn in it.

# %%
better = giemsa.Recipe(
    name="better",
    epochs=6,
    minimum_steps=0,  # (this many batches at least; of use where there are few images)
    batch_size=128,  # images in a batch
    optimiser="adamw",  # the rule that turns directions into steps; the old recipe's is nearly the same
    learning_rate=4e-3,  # the largest that it gets
    schedule="one-cycle",  # the learning rate rises, then falls to nothing
    warmup=0.2,  # it rises in the first fifth of the training
    weight_decay=0.02,  # parameters are pulled a little towards zero, which keeps the network simple
    label_smoothing=0.1,  # do not ask for 100 %
    symmetry="card",  # mirror and turn as the data card allows
    selection="last",  # keep the parameters of the last epoch
)
run = giemsa.train(
    data, better, model=copy.deepcopy(network), out="runs/better", overwrite=True, on_epoch=tell
)
print(f"{sum(epoch.seconds for epoch in run.history):.0f} seconds in all")

# %% [markdown]
# The same quality and better, in seconds instead of minutes. It is not the network that made the difference, but the way of teaching it.
#
# ### Learning curves
#
# Draw accuracy (the share of right answers) and loss after each epoch, for train and for validation. How to read them:
#
# - *Accuracy still rises (and the loss falls) at the end, on train and on validation*: it has not finished learning; give it more
#   epochs.
# - *Train goes on getting better, validation does not*: it begins to learn the training images by heart. This is called **overfitting**.
#   More images, stronger augmentation or fewer epochs help.
# - *Both are poor and flat*: the network is too small, or the learning rate is wrong.
# - *Wild jumps*: the learning rate is too large.
#
# Do not be surprised if validation lies *above* train, as it may here. The training images are mirrored and turned, which makes them
# harder; in the middle epochs most of those that the network knows are left out, so the hard ones count for more; and train is measured in
# the course of the epoch, while the network is still getting better, validation at its end. The two losses cannot be compared at
# all: on train the softened answers are asked for (label smoothing), on validation the plain ones.

# %%
curves = run.pictures(shade_gap=True)[0]
curves

# %% [markdown]
# **Early stopping** means: if the loss on validation has not become smaller for some epochs (the *patience*), stop, and go back to
# the parameters of the best epoch. The old recipe does that with a patience of 20. The better recipe does without: its steps become
# smaller and smaller, so that its last epoch is also its best, or nearly.

# %%
print("the old recipe waits for", old_recipe.patience, "epochs; it kept epoch", old_run.config["best_epoch"])

# %% [markdown]
# ### Exercise 3: change one thing and predict what happens
#
# Now be a scientist. Change *one* thing in the recipe `better`, write down what you expect, then look. For example: the
# learning rate ten times smaller or larger (`learning_rate`), a batch of 1024 (`batch_size`), only one epoch (`epochs`), class
# weights (`class_weights=True`), or no turning and mirroring (`symmetry="none"`). `better.replace(name=value)` gives a changed
# recipe. (`model` says nothing here: we give our own network.) Your guess is one of `"better"`, `"worse"` and `"about the same"`.
#
# Here is the whole recipe. It has more fields than we have met; leave those that you do not know as they are, or look them up with
# `help(giemsa.Recipe)`.

# %%
for name, value in vars(better).items():
    print(f"{name:<18}{value}")

# %% exercise
changed_recipe = ...
my_guess = ...

# %% solution
changed_recipe = better.replace(learning_rate=better.learning_rate / 100)
my_guess = "worse"

# %%
teaching.check_change(changed_recipe, my_guess, better)

# %%
changed_run = giemsa.train(
    data, changed_recipe, model=copy.deepcopy(network), out="runs/changed", overwrite=True, on_epoch=tell
)
teaching.check_guess(my_guess, run.predictions("val"), changed_run.predictions("val"))

# %% [markdown]
# If your guess did not come true, that was the better experiment: you have learnt something. Play as long as you like, each
# training takes seconds.

# %% [markdown]
# ## 5 How good is it?
#
# The network gives eight probabilities for each image. Here are those for the first five images of the validation split.

# %%
labels, probabilities = run.predictions("val")
pd.DataFrame(probabilities[:5], columns=data.short_names).round(3)

# %% [markdown]
# ### Exercise 4: predictions from probabilities
#
# Make one *prediction* for each image of them: the label of the class with the highest probability. `probabilities` has the shape
# (1712, 8): a row for each image, a column for each class. You want 1712 labels.

# %% exercise
my_predictions = ...

# %% solution
my_predictions = probabilities.argmax(axis=1)

# %%
teaching.check_predictions(my_predictions, probabilities, class_names=data.class_names)

# %% [markdown]
# The share of them that is right is the **accuracy**:

# %%
print(f"accuracy on validation: {np.mean(probabilities.argmax(axis=1) == labels):.3f}")

# %% [markdown]
# That was validation, which we have looked at again and again. Now comes the one look at *test*. It gives some sentences and a
# table, class by class:
#
# - **precision**: of the images that the network *calls* a monocyte, how many are monocytes?
# - **recall**: of the images that *are* monocytes, how many does it find?
# - **F1**: one number for both; it is low as soon as one of the two is low.
# - **support**: how many images of the class there are in test.
# - **macro mean**: the mean over the classes, each counting the same; **weighted mean**: each counting by its support.
#
# **Intervals.** 3,421 test images are many, but they are a sample. With another sample the accuracy would come out a little
# different. The *95 % interval* says how much: it is made so that in 95 of 100 such studies it holds the true value. (Two networks
# on the same images are better compared image by image: when both have been evaluated, `giemsa.compare(first, second)` does it. Choose
# between them by validation all the same.)
#
# First we put what the audit found into the run's folder: the evaluation then also tells the accuracy without the leaked images,
# and the page at the end shows it.

# %%
audit.save(run.folder)
evaluation = giemsa.evaluate(run)
evaluation

# %% [markdown]
# Here are three scores with their intervals. You know accuracy and balanced accuracy. The **AUC** asks of the probabilities: take an image of
# the class and one of another class; how often does the first get the higher probability for it? (The mean over all classes.)

# %%
for name in ("accuracy", "balanced_accuracy", "auc"):
    score = evaluation.metrics()["test"][name]
    print(f"{name}: {score['value']:.4f}, 95 % interval {score['low']:.4f} to {score['high']:.4f}")

# %% [markdown]
# The **confusion matrix** shows *which* classes are mistaken for which. Each row is a true class, each column what the network
# said. On the diagonal it was right. Find the largest number off the diagonal. Would you have mixed up these two as well?

# %%
figures = {picture.name: picture for picture in evaluation.pictures()}
figures["evaluate-confusion"]

# %% [markdown]
# **Calibration.** When the network says "80 % sure", is it right in 80 of 100 cases? If so, it is *calibrated*, and its
# probabilities can be trusted as probabilities. In the figure, points on the diagonal are honest; below it the network is too
# sure of itself, above it too modest. The *expected calibration error* is the mean distance from the diagonal. (One number, the
# *temperature*, by which all logits are divided, was chosen on validation to make it as honest as possible. One curve is without it,
# one with it. Points at the left stand for few images, as the lower panel shows, and jump by chance.)

# %%
figures["evaluate-reliability"]

# %% [markdown]
# And these are its **worst mistakes**: the images where it was wrong and very sure. Look at each. Is the network to blame, or the
# image, or even the label? Compare with what the audit said: is one of them an old acquaintance?

# %%
figures["evaluate-mistakes"]

# %% [markdown]
# ## 6 What has it learnt?
#
# A high accuracy does not tell *why* the answers are right. So we look inside. `interpret` takes all the looks that follow, and
# checks how far each can be believed. It begins with some sentences. Most are about *attribution*: maps that mark the pixels which
# speak for an answer. There are many methods to draw such maps (gradients, Grad-CAM, occlusion, class evidence and so on), and each
# has to *earn trust* by passing tests, which are explained below, where the maps are.

# %%
found = giemsa.interpret(run)
looks = {picture.name: picture for picture in found.pictures()}
found

# %% [markdown]
# One sentence should make you think: how many answers change when the image gets a little darker, or loses some colour? The audit had
# warned that colour alone tells much. The next microscope will have a lamp of its own.
#
# **Feature maps.** We put one image in, a neutrophil, and look at what comes out of an early layer, and then of a late one: one grey
# picture for each filter, bright where the filter found what it looks for. In the early layer some maps light up at the nucleus (the
# dark core of the cell), others at its edge, others at the background. A black map has found nothing in this image. The late maps are
# coarse, and each stands for something that is put together from many earlier ones: they can hardly be read by eye.

# %%
display(*[look for name, look in looks.items() if name.startswith("interpret-feature-maps")])

# %% [markdown]
# **Filters after training.** Here are the first filters again, before and after. Most have changed little: even random filters say
# something about an image, and the layers behind them have learnt to make use of it. Can you find some that look for a colour, and
# some that look for an edge (bright on one side, dark on the other)?

# %%
trained_filters = collect_filters(run.classifier.network, network)[0]
plot_filters(trained_filters.before, trained_filters.after, layer="first convolution")

# %% [markdown]
# **The image that a class likes best.** We can turn training around: keep the network fixed, and change the *image*, little by
# little, until the network is as sure as it can be that it sees, say, an eosinophil. This is called *activation maximisation*. The
# result is what the network would most like to see, not what a cell looks like.

# %%
looks["interpret-maximisation"]

# %% [markdown]
# **Attribution** asks of one image: which pixels speak for the answer? There are many methods, and they do not agree. Some draw
# beautiful maps that have little to do with the network. So a map must be *tested*. Four tests:
#
# - *Deletion*: cover the pixels that the map calls important. The probability must fall, and faster than for random pixels.
# - *Randomisation*: give the network random parameters. A map that stays the same has not looked at the network.
# - *Moving*: move the image by one pixel. The map must move along and otherwise stay the same.
# - *Pointing*: put four cells of different classes into one picture. Does the map for "monocyte" point at the monocyte? (This one
#   needs a network that takes pictures of any size. Ours has a flatten layer and does not, so it is left out here.)
#
# The sentences above say which methods passed on *this* network. It may well be that none did; then none of these maps is evidence.

# %%
display(
    *[look for name, look in looks.items() if name.startswith(("interpret-attribution", "interpret-trust"))]
)

# %% [markdown]
# ### Exercise 5: what does the network see in a neutrophil?
#
# Here is a neutrophil from the validation split that the network names correctly. Mark the pixels on which you believe it relies:
# a `mask` of 28 x 28 values, `True` for the pixels that matter, at most a fifth of the image (156 pixels). The check covers your
# pixels with the colour of the background and watches the probability fall; then it moves your mask to every other place of the
# image and compares. Guess with your eyes first: is it the nucleus, its edge, or what lies around it? You may also let the computer
# search: `teaching.cover(image, mask)` gives the image with the marked pixels covered, and
# `run.classifier.probabilities(images)[:, neutrophil]` gives the probability for each of several images.

# %%
neutrophil = data.class_names.index("neutrophil")
right = np.flatnonzero((labels == neutrophil) & (probabilities.argmax(axis=1) == neutrophil))
image = data.val.images[right[0]]
plt.figure(figsize=(2.6, 2.6), layout="constrained")
plt.imshow(image)
plt.show()

# %% exercise
mask = ...

# %% solution
side = 12  # cover every square of 12 x 12 pixels in turn, and take the one that hurts most
places = [(top, left) for top in range(29 - side) for left in range(29 - side)]
masks = np.zeros((len(places), 28, 28), dtype=bool)
for number, (top, left) in enumerate(places):
    masks[number, top : top + side, left : left + side] = True
covered = np.stack([teaching.cover(image, square) for square in masks])
mask = masks[run.classifier.probabilities(covered)[:, neutrophil].argmin()]

# %%
teaching.check_mask(mask, image, neutrophil, run.classifier.probabilities)

# %% [markdown]
# What a person knows a neutrophil by is its nucleus in several lobes. Does the network look there too? Try it with other
# neutrophils (`right[1]`, `right[2]`, ...), and draw the mask with `plt.imshow(mask)`. If a network relied on the background, it
# would fail on the next slide, however good its accuracy is here.

# %% [markdown]
# ## 7 Your own images
#
# Everything works the same on a folder of images of your own: one sub-folder for each class, with JPEG, PNG or TIFF files in it.
# We have no slides at hand, so we write some of our cells into such a folder, as if they came from a microscope.

# %%
from PIL import Image

folder = Path("my_cells")
for label, name in enumerate(data.class_names):
    (folder / name).mkdir(parents=True, exist_ok=True)
    for place in np.flatnonzero(data.train.labels == label)[:60]:
        Image.fromarray(data.train.images[place]).save(folder / name / f"{place}.jpg", quality=95)
sorted(path.name for path in folder.iterdir())

# %% [markdown]
# `giemsa.load` reads the folder, brings all images to one size, and makes the three splits by itself. Exact duplicates always come into
# the same split. `giemsa` cannot know whether *your* images may be mirrored and turned; it finds out by a short trial on the training
# images. A small set is over after a few batches, so we go through it more often: until 300 batches were taken.

# %%
own = giemsa.load(folder, size=28)
for name, split in own.splits.items():
    print(name, len(split), "images")
for_few = better.replace(minimum_steps=300)
own_run = giemsa.train(own, for_few, model=copy.deepcopy(network), out="runs/own", overwrite=True)
print(f"{own_run.history[-1].val_accuracy:.3f} of validation right after {len(own_run.history)} epochs")

# %% [markdown]
# It is worse than before. Why? (How many images does it learn from now?) Is the difference larger than the interval? And how many
# images would *you* need? The audit's learning curve gives an answer: `giemsa.audit(own, thorough=True)`.

# %%
giemsa.evaluate(own_run)

# %% [markdown]
# And a single image file, a neutrophil, with the network that learnt from all of BloodMNIST. (It has learnt from this very image, so
# this is no test. If it is wrong all the same, that is no error of the program: a network does not know all its training images by
# heart. How sure is it? Then put a file of your own in its place.)

# %%
one_file = sorted((folder / "neutrophil").iterdir())[0]
chances = giemsa.predict(run, one_file)[0]
pd.Series(chances, index=data.class_names).sort_values(ascending=False).round(3).head(3)

# %% [markdown]
# ### What to report
#
# If you show your result to others, tell them at least
#
# - where the images come from, how many there are of each class, and who gave the labels;
# - how they were split, and whether images of one patient stand in two splits;
# - what the audit found, and what you did about it;
# - the recipe, the seed and the versions (they stand in the run's `config.json`);
# - accuracy *with its interval*, and the scores of each class, not only the mean;
# - how often you looked at test;
# - where the network fails, with pictures.
#
# `giemsa.report` writes what it can know of this on one page that you can open in any browser, and leaves visible blanks for the rest.

# %%
page = giemsa.report(run)
print(page)

# %% [markdown]
# ### What this network must not be used for
#
# It is no diagnostic device. It was trained on single cells, cut out and centred, from one hospital, one microscope, one way of
# staining, and people without blood disease. It has never seen a leukaemia cell; shown one, it will still name one of its eight
# classes, and may be very sure. Slides from another laboratory have other colours: networks that were right in 98 of 100 cases at
# home were right in only 23 to 35 elsewhere (Tsutsui and others, ICASSP 2023). Before such a program helps a patient, it has to be
# tested where it is to be used, by people who know how.
#
# ### Where to go from here
#
# - Take all of `fast`: `giemsa.train(data, "fast")` uses a network that is made for these images, and more epochs.
# - `giemsa run` in a terminal does everything of this notebook in one go.
# - Put a folder of your own images in the place of `my_cells`.
