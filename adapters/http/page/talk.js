/** The conversation on the page: questions, answers that grow, and what stands under them. */
import { say } from './words.js';

/** Builds an element: `make('p', { className: 'x' }, 'text', child)`. Text is always text, never HTML. */
export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
}

/** The bot's picture, or its first letter on a colour of its own. */
export function avatar(bot) {
  const letter = make('span', { className: 'avatar', ariaHidden: 'true' }, [...bot.title][0]?.toUpperCase() ?? '?');
  letter.dataset.hue = bot.hue;
  if (!bot.avatar) return letter;
  const picture = make('img', { className: 'avatar', src: bot.avatar, alt: '' });
  picture.referrerPolicy = 'no-referrer';
  picture.addEventListener('error', () => picture.replaceWith(letter), { once: true });
  return picture;
}

/** `shown`: what stands for the files that came with it. */
export function question(text, shown = []) {
  const files = shown.length > 0 ? make('div', { className: 'files' }, ...shown) : undefined;
  const words = text ? make('p', { dir: 'auto' }, text) : undefined;
  return make('article', { className: 'mine', ariaLabel: say.you }, files, words);
}

/** Chips that ask or run something; `choose` gets the words. */
export function chips(items, choose) {
  const buttons = items.map(({ label, value }) => {
    const chip = make('button', { type: 'button', className: 'chip', dir: 'auto' }, label);
    chip.addEventListener('click', () => choose(value));
    return chip;
  });
  return make('div', { className: 'chips' }, ...buttons);
}

/** The welcome of a bot, with questions to begin with. */
export function welcome(bot, ask) {
  const text = make('div', { className: 'prose', dir: 'auto' });
  // Rendered and escaped by the server.
  text.innerHTML = bot.welcome ?? '';
  const items = bot.suggestions.slice(0, 4).map((words) => ({ label: words, value: words }));
  return make('article', { className: 'welcome' }, avatar(bot), make('h1', {}, bot.title), text, chips(items, ask));
}

/** An answer: `show` takes the events of the server in order. */
export function answer(bot, actions) {
  const prose = make('div', { className: 'prose' });
  const behind = make('details', { className: 'behind', hidden: true });
  const foot = make('footer', {});
  const element = make('article', { className: 'theirs running' }, avatar(bot), make('div', {}, prose, behind, foot));
  element.ariaLabel = bot.title;
  // A screen reader waits for the whole answer instead of reading each piece that comes.
  element.ariaBusy = 'true';
  let text = '';
  let suggestions = [];

  const setBlocks = (from, blocks) => {
    while (prose.children.length > from) prose.lastElementChild.remove();
    for (const html of blocks) {
      const block = make('div', { className: 'block', dir: 'auto' });
      // Rendered and escaped by the server; the page's policy runs no script in it either.
      block.innerHTML = html;
      for (const caption of block.querySelectorAll('figure.code figcaption'))
        caption.append(copyButton(() => codeOf(caption)));
      prose.append(block);
    }
  };
  /** Of an answer that was stopped the page has only what it shows. */
  // biome-ignore lint/performance/useDomNodeTextContent: paragraphs and items keep their lines.
  const written = () => text || prose.innerText;
  const rest = () => {
    element.classList.remove('running');
    element.ariaBusy = 'false';
  };
  const end = (note, again = actions.retry) => {
    rest();
    if (note) foot.append(make('p', { className: 'note' }, note));
    const tools = make('div', { className: 'tools' }, prose.hasChildNodes() ? copyButton(written) : undefined);
    const retry = make('button', { type: 'button', className: 'quiet retry' }, say.retry);
    retry.addEventListener('click', again);
    tools.append(retry);
    foot.append(tools);
    if (suggestions.length > 0)
      foot.append(
        chips(
          suggestions.map((words) => ({ label: words, value: words })),
          actions.ask,
        ),
      );
  };
  const show = (event) => {
    if (event.type === 'blocks') setBlocks(event.from, event.blocks);
    if (event.type === 'behind') {
      suggestions = event.suggestions;
      fillBehind(behind, event);
    }
    if (event.type === 'done') text = event.text;
    if (event.type === 'notice') {
      setBlocks(0, event.blocks);
      rest();
      if (event.file)
        foot.append(make('a', { href: event.file.url, download: event.file.name, className: 'file' }, event.file.name));
      if (event.buttons.length > 0)
        foot.append(
          chips(
            event.buttons.map(({ label, command }) => ({ label, value: command })),
            actions.press,
          ),
        );
    }
  };
  return {
    element,
    show,
    end,
    setText: (words) => {
      text = words;
    },
  };
}

function codeOf(caption) {
  return caption.parentElement.querySelector('code').textContent;
}

function copyButton(read) {
  // Browsers lend the clipboard to secure pages only: this machine's own address, or https.
  if (!navigator.clipboard) return '';
  const button = make('button', { type: 'button', className: 'quiet copy' }, say.copy);
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(read());
    button.textContent = say.copied;
    setTimeout(() => {
      button.textContent = say.copy;
    }, 1500);
  });
  return button;
}

/** Reasoning, tools and knowledge: what stood behind the answer, folded away. */
function fillBehind(details, { reasoning, excerpts, tools }) {
  details.hidden = !reasoning && excerpts.length === 0 && tools.length === 0;
  const onlyThoughts = excerpts.length === 0 && tools.length === 0;
  details.replaceChildren(
    make('summary', {}, onlyThoughts ? say.thinking : say.sources),
    ...tools.map(({ name, state }) => make('p', { className: `tool ${state}` }, name)),
    ...excerpts.map((excerpt) => make('blockquote', {}, excerpt)),
    ...(reasoning ? [make('p', { className: 'reasoning' }, reasoning)] : []),
  );
}
