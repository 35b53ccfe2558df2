"""Objectives: what a net is trained for. Each returns the task that stands on top of the encoder.

An entry takes the units of the embedding, the image's shape and the number of classes. Facts of an entry: labels, whether it learns
from the labels of the data; draws, whether its outputs are images; views, how many the encoder sees of each image (1 if not told);
chance, whether what it sees is drawn anew at each step; makes, what is made of each image before the encoder sees it, a name a view;
sees, its task after "It sees"; loss, what is measured, and of what;
needs, what must be known of the images besides their class (factors: then it takes the number of answers by factor, for classes; values,
a number; teacher, what another net says of them); pictures, whether a table will not do; names, whether its head names the classes of
the data; target, whether a fine-tuning can have it;
budget, its own defaults of the settings that every run has; live, the knobs that can be turned while it learns, each with the knob and
the value of it for which that means anything.
"""

# isort: off
from tlcore.objectives.task import OBJECTIVES, Batch, Task
from tlcore.objectives import naming, drawing, contrasting, several, captions, telling  # in the order in which they are offered
# isort: on

__all__ = ["OBJECTIVES", "Batch", "Task", "captions", "contrasting", "drawing", "naming", "several", "telling"]
