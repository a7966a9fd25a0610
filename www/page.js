/**
 * What makes the element a page: the URL's hash is its link, `?embed=1` leaves
 * out title bar and colophon, `?view=` shows a part alone, and a page around
 * the frame is told its height and when a lesson is done. It uses nothing but
 * the element's public interface, so it is an example of that, too.
 */

(() => {
  const element = /** @type {HTMLElement & { link: string, linkFaults: string[] }} */ (
    document.querySelector('canary-rollout')
  );
  const query = new URLSearchParams(location.search);
  const view = query.get('view');
  if (view) element.setAttribute('view', view);
  element.toggleAttribute('embed', query.get('embed') === '1');

  followHash();
  if (window.parent !== window) tellParent();

  function followHash() {
    /** How far apart the hash is written: browsers refuse many in a row. In ms. */
    const APART_MS = 350;
    /** What an empty hash stands for: the page as its author wrote it. */
    const first = element.link;
    let resting = false;
    let due = false;

    /** The place and the lesson that a link opens. @param {string} link */
    const opened = (link) => {
      const keys = new URLSearchParams(link.replaceAll('+', '%2B'));
      return `${keys.get('place') ?? ''} ${keys.get('lesson') ?? ''}`;
    };
    const write = () => {
      due = resting;
      if (resting) return;
      resting = true;
      setTimeout(() => {
        resting = false;
        if (due) write();
      }, APART_MS);
      const link = element.link;
      // Back leads out of a lesson, and to the place before; it does not undo an edit.
      const way = opened(link) === opened(location.hash.slice(1) || first) ? 'replaceState' : 'pushState';
      try {
        history[way](history.state, '', `#${link}`);
      } catch {
        // Some frames may not change their address: theirs stays as it is.
      }
    };
    const read = () => {
      due = false;
      element.link = location.hash.slice(1) || first;
      // A random seed is now known. A link that is wrong somewhere stays to be mended.
      if (location.hash && element.linkFaults?.length === 0) write();
    };
    if (location.hash) read();
    addEventListener('hashchange', read);
    element.addEventListener('viewchange', write);
  }

  function tellParent() {
    // Its receiver is any page that frames this one, and nothing told is a secret.
    const tell = (/** @type {object | string} */ message) => window.parent.postMessage(message, '*');
    let told = 0;
    let due = false;
    const tellHeight = () => {
      due = false;
      // Of the content, which does not grow with the frame.
      const height = Math.ceil(element.getBoundingClientRect().bottom + scrollY);
      if (height === told) return;
      told = height;
      tell({ subject: 'lti.frameResize', height });
      tell(JSON.stringify({ action: 'resize', height }));
    };
    new ResizeObserver(() => {
      if (!due) setTimeout(tellHeight, 100);
      due = true;
    }).observe(element);
    element.addEventListener('lessoncomplete', () => tell(JSON.stringify({ action: 'complete' })));
  }
})();
