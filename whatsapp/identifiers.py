"""How identifiers of Meta's look."""

import re
from typing import Final

PLAIN: Final = re.compile("[!-~]{1,256}")
"""Any identifier."""
