"""What a reader needs to know of each picture of a report."""

from __future__ import annotations

#: Sentences by file name.
CAPTIONS = {
    "cumulative_error.png": "Share of all landmarks found within a radius. Grey lines: the SDR "
    "thresholds.",
    "error_per_landmark.png": "Box: quartiles; whiskers: 1.5 of the box; dots: single images "
    "beyond them; black diamond: median distance between the observers, where two are known.",
    "error_on_face.png": "Where predictions lie around the true place, on the mean of the true "
    "landmarks, at the face's own scale: one dot an image, with the ellipse that holds 95 % of a "
    "normal distribution with the same mean and spread. Outlines are an average head's, bent "
    "through the mean landmarks.",
    "error_scatter.png": "The same errors enlarged, one panel a landmark: the circle is the first "
    "SDR threshold, the plus the mean error. Right and down are as in the picture.",
    "change.png": "After less before on the same images, with the paired 95 % interval. Left of "
    "zero is better.",
    "worst_images.png": "The images with the largest mean error: truth (ring), prediction (cross) "
    "and the way between (yellow). Named are the landmarks with the largest errors.",
}
