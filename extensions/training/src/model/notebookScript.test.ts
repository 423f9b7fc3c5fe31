import assert from 'node:assert/strict';
import { test } from 'node:test';

import { notebookScript, scriptPath } from './notebookScript';

/** What becomes of one cell. */
function converted(source: string): string {
  const script = notebookScript([{ cell_type: 'code', source }], 'a.ipynb');
  return script.source.split('\n').slice(2, -1).join('\n');
}

test('a notebook becomes a script that Python reads', () => {
  const cells = [
    { cell_type: 'markdown', source: '# Title' },
    { cell_type: 'code', source: '%matplotlib inline\nimport torch' },
    { cell_type: 'code', source: ['if True:\n', '    !nvidia-smi\n'] },
    { cell_type: 'code', source: '\n%%bash\nls' },
    { cell_type: 'code', source: '' }
  ];
  assert.deepEqual(notebookScript(cells, 'train.ipynb'), {
    source: [
      '# Made by Mofang from train.ipynb: changes here are lost.\n',
      'pass  # %matplotlib inline\nimport torch\n',
      'if True:\n    pass  # !nvidia-smi\n',
      '# Left out: cell 4, %%bash, is not Python.\n# %%bash\n# ls\n'
    ].join('\n'),
    leftOut: [{ position: 4, magic: '%%bash' }]
  });
  assert.equal(scriptPath('a/train.ipynb'), 'a/train.py');
});

test('a line that goes on from the one before stays as it is', () => {
  for (const source of [
    'print(\n    "loss %f"\n    % loss\n)',
    'text = """\n%time is money\n!important\n"""',
    "text = '''it's\n%d\n''' % 3",
    'rest = total \\\n    % 7',
    'sure = (  # a ( in a comment\n    {"a": ")"}\n    % 2\n)',
    "text = 'a \\\n% b'"
  ]) {
    assert.equal(converted(source), source);
  }
});

test('a statement may begin again after what looked open', () => {
  assert.equal(
    converted('a = "("  # it\'s\nb = r"\\""\n%time f()'),
    'a = "("  # it\'s\nb = r"\\""\npass  # %time f()'
  );
  assert.equal(converted('f("""a""")\nf?'), 'f("""a""")\npass  # f?');
  assert.equal(converted('broken = "open\n!ls'), 'broken = "open\npass  # !ls');
});

test('a command of several lines is a comment to its end', () => {
  assert.equal(
    converted('!pip install \\\n    numpy\nimport numpy'),
    'pass  # !pip install \\\n    # numpy\nimport numpy'
  );
});

test('Python that was only timed or silenced runs', () => {
  assert.equal(
    converted('%%capture out\n%%time\nfit()\n!ls'),
    '# %%capture out\n# %%time\nfit()\npass  # !ls'
  );
  assert.equal(converted('%%timeit'), '# %%timeit');
});

test('what is no Python stays out, also when it is timed', () => {
  const source = '%%time\n%%writefile a.py\n\nx = 1';
  const cells = [{ cell_type: 'code', source }];
  const { leftOut } = notebookScript(cells, 'a.ipynb');
  assert.deepEqual(leftOut, [{ position: 1, magic: '%%writefile' }]);
  assert.equal(
    converted(source),
    '# Left out: cell 1, %%writefile, is not Python.\n# %%time\n# %%writefile a.py\n#\n# x = 1'
  );
});
