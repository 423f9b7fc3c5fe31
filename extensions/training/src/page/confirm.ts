import { byId, setText } from './dom';

export interface IQuestion {
  title: string;
  body: string;
  /** Label of the button that does it. */
  accept: string;
  dismiss: string;
}

/** Ask in the page's dialogue; false if it is closed in any other way. */
export function confirm(question: IQuestion): Promise<boolean> {
  const dialogue = byId<HTMLDialogElement>('mofang-dialogue');
  setText(byId('mofang-dialogue-title'), question.title);
  setText(byId('mofang-dialogue-body'), question.body);
  setText(byId('mofang-accept'), question.accept);
  setText(byId('mofang-dismiss'), question.dismiss);
  return new Promise(resolve => {
    dialogue.returnValue = '';
    dialogue.addEventListener(
      'close',
      () => resolve(dialogue.returnValue === 'accept'),
      { once: true }
    );
    dialogue.showModal();
    // What does no harm has the focus.
    byId('mofang-dismiss').focus();
  });
}
