"""Which imports of libraries stand at the top of a step, above what the notebook did first."""

from __future__ import annotations

import pytest
from step_support import above, body_of

# What no import of a known library may notice.
UNNOTICED = [
    "print(1)",
    "rows = [3, 1]\nrows.sort()",
    "data = {}\ndata['a'] = 1\ndata.update(b=2)",
    "import random\nrandom.seed(1)\nprint(random.random())",
    "text = open('a.txt').read()",
    "import time\nstart = time.time()\ntime.sleep(0)",
    "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()",
    "import matplotlib.pyplot as plt\nplt.plot([1])",
    "import pandas as pd\nframe = pd.DataFrame({'a': [1]})\nframe['b'] = frame.a * 2\nprint(frame)",
    "%matplotlib inline\n%time rows = [1]\n?print",
]
# What one may: where it looks, what it is set to by, or what takes its place.
NOTICED = [
    "import os\nos.environ['A'] = '1'",
    "import os\nold = os.environ\nold['A'] = '1'",
    "import sys\nsys.path.append('lib')",
    "import sys\npaths = [sys.path]\npaths[0].append('lib')",
    "import sys\nmodules = [sys]\nmodules[0].path = []",
    "import sys\nvars(sys)['path'] = []",
    "import sys\nsys.modules['numpy'] = None",
    "import warnings\nwarnings.simplefilter('ignore')",
    "import matplotlib\nmatplotlib.rcParams['figure.dpi'] = 50",
    "import json\njson.dumps = print",
    "import os\nos.chdir('..')",
    "import os\nold = os.environ._data\nold[b'A'] = b'1'",
    "open('numpy.py', 'w').write('')",
    "import helpers",
    "import helpers\nhelpers.start()",
    "import subprocess\nsubprocess.run(['make'])",
    "!make",
    "%env A=1",
    "%cd ..",
    "%%bash\nmake",
    "%%writefile numpy.py\nx = 1",
    "if print:\n    %cd ..",
    "import os\n%time os.environ.update(A='1')",
    "%%time\nimport os\nos.environ['A'] = '1'",
    "%%capture\n%env A=1",
    "%%capture\nimport os\nos.environ['A'] = '1'",
    "files = !make",
    "%matplotlib inline\n%config InlineBackend.figure_format = 'svg'\n%cd ..",
    "def start():\n    import os\n    os.environ['A'] = '1'\nstart()",
]
IMPORT = "import numpy as np\nprint(np.pi)"


@pytest.mark.parametrize("before", UNNOTICED)
def test_an_import_moves_above_what_it_can_not_notice(before: str) -> None:
    assert "\nimport numpy as np\n" in above(before, IMPORT)
    assert "import numpy" not in body_of(before, IMPORT)


@pytest.mark.parametrize("before", NOTICED)
def test_an_import_stays_below_what_it_may_notice(before: str) -> None:
    assert "import numpy" not in above(before, IMPORT)
    assert "import numpy as np\n" in body_of(before, IMPORT)
