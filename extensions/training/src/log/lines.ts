import { matches, shownLine } from '../model/logText';

const BLOCK_LINES = 400;
const MAX_BLOCKS = 150;

/**
 * DOM nodes of a log's lines, in blocks that are laid out only when they come into
 * view. Their number is limited.
 */
export class LogLines {
  constructor(readonly node: HTMLElement) {
    this.pendingNode.className = 'mf-LogLine mf-mod-pending';
  }

  /** Called when old lines were dropped to make room. */
  dropped: () => void = () => undefined;

  /** The last line while it has no line break. */
  readonly pendingNode = document.createElement('div');

  prepend(lines: readonly string[]): void {
    const blocks = [];
    for (let from = 0; from < lines.length; from += BLOCK_LINES) {
      const block = newBlock();
      block.append(...lines.slice(from, from + BLOCK_LINES).map(newLine));
      blocks.push(block);
    }
    this.node.prepend(...blocks);
  }

  append(lines: readonly string[], pending: string): void {
    this.pendingNode.textContent = shownLine(pending).text;
    let rest = [...lines];
    while (rest.length > 0) {
      let block = this.node.lastElementChild;
      if (!block || block.childElementCount >= BLOCK_LINES) {
        block = newBlock();
        this.node.append(block);
      }
      const free = BLOCK_LINES - block.childElementCount;
      block.append(...rest.slice(0, free).map(newLine));
      rest = rest.slice(free);
    }
    while (this.node.childElementCount > MAX_BLOCKS) {
      this.node.firstElementChild!.remove();
      this.dropped();
    }
  }

  clear(): void {
    this.node.replaceChildren();
    this.pendingNode.textContent = '';
  }

  /** Ranges of a text in the lines that are shown. */
  find(query: string, withSystem: boolean): Range[] {
    const ranges: Range[] = [];
    for (const line of this.node.querySelectorAll('.mf-LogLine')) {
      if (!withSystem && line.classList.contains('mf-mod-system')) {
        continue;
      }
      for (const at of matches(line.textContent ?? '', query)) {
        const range = document.createRange();
        range.setStart(line.firstChild!, at);
        range.setEnd(line.firstChild!, at + query.length);
        ranges.push(range);
      }
    }
    return ranges;
  }
}

function newBlock(): HTMLElement {
  const block = document.createElement('div');
  block.className = 'mf-LogBlock';
  return block;
}

function newLine(raw: string): HTMLElement {
  const { text, isSystem } = shownLine(raw);
  const line = document.createElement('div');
  line.className = isSystem ? 'mf-LogLine mf-mod-system' : 'mf-LogLine';
  // An empty line keeps its height, and a copy keeps its line break.
  line.textContent = text + '\n';
  return line;
}
