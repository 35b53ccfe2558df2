"""Sources as files: a ``.keras`` that Keras opens anywhere, with a folder of our own inside, and only that is ever read back.

What Keras reads of such a file can name functions to call and files to open, whoever made it. So nothing here hands it to Keras: of
``tlcore/`` come a spec that is checked like any other, numbers, and arrays that are nothing but numbers.
"""

from tlcore.archive.contents import SUFFIX, Archive, open_archive, pack
from tlcore.archive.zipped import LARGEST

__all__ = ["LARGEST", "SUFFIX", "Archive", "open_archive", "pack"]
