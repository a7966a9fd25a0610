/**
 * What makes the element a page: the URL's hash is its link, `?embed=1` leaves
 * out title bar and colophon, `?view=` shows a part alone, and a page around
 * the frame is told its height and when a lesson is done. It uses nothing but
 * the element's public interface, so it is an example of that, too.
 */

(() => {
  const element =
    /** @type {HTMLElement & { link: string, linkFaults: string[], place: string, lesson: string | null }} */ (
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

    /** What a way back leads to: a place, and what is open there. */
    const opened = () => `${element.place} ${JSON.stringify(element.lesson)}`;
    let last = opened();
    /** The hash that was read or written last: another one is a step that the reader takes now. */
    let known = location.hash;
    const write = () => {
      due = resting;
      if (resting || location.hash !== known) return;
      resting = true;
      setTimeout(() => {
        resting = false;
        if (due) write();
      }, APART_MS);
      // Back leads out of a lesson, and to the place before; it does not undo an edit.
      const now = opened();
      const way = now === last ? 'replaceState' : 'pushState';
      last = now;
      try {
        history[way](history.state, '', `#${element.link}`);
        known = location.hash;
      } catch {
        // Some frames may not change their address: theirs stays as it is.
      }
    };
    const read = () => {
      due = false;
      known = location.hash;
      element.link = location.hash.slice(1) || first;
      last = opened();
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
