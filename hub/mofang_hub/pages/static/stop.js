/**
 * Stop a server; resolves with a sentence where that did not work, else with nothing.
 * One that is not there any more is what the person wanted.
 */
window.mofangStop = async path => {
  const again = 'Try again in a minute.';
  let answer;
  try {
    answer = await fetch(`${window.jhdata.base_url}api/${path}`, {
      method: 'DELETE',
      headers: {'X-XSRFToken': window.jhdata.xsrf_token}
    });
  } catch (error) {
    console.warn('The server could not be stopped:', error);
    return `The hub does not answer, so the server was not stopped. ${again}`;
  }
  if (answer.ok || answer.status === 404) {
    return '';
  }
  if (answer.status === 401 || answer.status === 403) {
    return 'The server was not stopped, because your session has ended. Reload the page and log in again.';
  }
  const told = await answer.json().catch(() => ({}));
  return `The server was not stopped: ${told.message || answer.statusText}. ${again}`;
};
