import type { IFiles, IRoot, IVersions } from './model';

/** The server half in memory: what is asked of it is written down. */
export class FakeFiles implements IFiles {
  roots: IRoot[] = [];
  found: IVersions = { reason: '', versions: [], deleted: [] };
  failure = '';
  readonly asked: string[] = [];

  async space(): Promise<IRoot[]> {
    return this._answer('space', this.roots);
  }

  async largest() {
    return this._answer('largest', []);
  }

  async versions(path: string) {
    return this._answer(`versions ${path}`, this.found);
  }

  async content(path: string, snapshot: string) {
    return this._answer(`content ${path} ${snapshot}`, {
      text: 'old text',
      difference: '-old text\n+new text'
    });
  }

  async restore(path: string, snapshot: string, mode: string) {
    const undo = mode === 'beside' ? null : '0123456789abcdef';
    const name = path.split('/').pop()!;
    return this._answer(`restore ${path} ${snapshot} ${mode}`, { name, undo });
  }

  async undo(path: string, undo: string) {
    return this._answer(`undo ${path} ${undo}`, undefined);
  }

  private _answer<T>(name: string, answer: T): T {
    this.asked.push(name);
    if (this.failure) {
      throw new Error(this.failure);
    }
    return answer;
  }
}
