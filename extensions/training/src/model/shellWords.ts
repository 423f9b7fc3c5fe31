/**
 * Command-line arguments as a shell reads and writes them, without expansion.
 */

/** Split into words; null where a quotation is not closed. */
export function splitShellWords(text: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quote) {
      if (char === quote) {
        quote = '';
      } else if (
        char === '\\' &&
        quote === '"' &&
        '"\\'.includes(text[at + 1])
      ) {
        word += text[++at];
      } else {
        word += char;
      }
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== null) {
        words.push(word);
        word = null;
      }
    } else if (char === '\\' && at + 1 < text.length) {
      word = (word ?? '') + text[++at];
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote) {
    return null;
  }
  return word === null ? words : [...words, word];
}

/** Write words so that `splitShellWords` reads them back. */
export function joinShellWords(words: readonly string[]): string {
  return words
    .map(word =>
      /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`
    )
    .join(' ');
}
