"""Other formats, one module each, and the import of files in any format.

Here: nothing but names; the modules beside this one hold what they name.
"""

from govledger.dataset import Imported
from govledger.interchange.importing import import_batches, import_file

__all__ = ["Imported", "import_batches", "import_file"]
