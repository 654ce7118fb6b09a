/** The page: which bot, what was said, and one question at a time. */
import { chooseFiles, preview } from './files.js';
import { ask, Fault, getBots, openSession } from './server.js';
import { answer, avatar, make, question, welcome } from './talk.js';
import { say, translate } from './words.js';

const botName = 'real-coze.bot';
const find = (id) => document.getElementById(id);
const [side, talk, form, text, send] = ['side', 'talk', 'composer', 'text', 'send'].map(find);

let bots = [];
let bot;
const files = chooseFiles(find('files'), note);
/** Stops the running answer; absent when none runs. */
let running;

translate(document);
start().catch(tell);

async function start() {
  const listed = await getBots();
  bots = listed.bots.map((known, index) => ({ ...known, hue: index % 6 }));
  showLocal(listed);
  if (bots.length === 0) throw new Fault(say.empty);
  const wanted = localStorage.getItem(botName);
  await choose(bots.some(({ name }) => name === wanted) ? wanted : (listed.default ?? bots[0].name));
}

function showLocal({ local, faults }) {
  const lines = [...(local ? [say.local] : []), ...faults.map(({ name, sentence }) => say.fault(name) + sentence)];
  find('local').hidden = lines.length === 0;
  find('local').textContent = lines.join('\n');
}

async function choose(name) {
  running?.abort();
  bot = bots.find((known) => known.name === name);
  localStorage.setItem(botName, name);
  showBots();
  openSide(false);
  const { turns } = await openSession(name);
  if (bot.name !== name) return;
  talk.replaceChildren(welcome(bot, submit));
  for (const turn of turns) showTurn(turn);
  scroll(true);
  text.focus();
}

function showBots() {
  find('bots').replaceChildren(
    ...bots.map((known) => {
      const names = make(
        'span',
        {},
        make('strong', {}, known.title),
        known.description && make('small', {}, known.description),
      );
      const button = make('button', { type: 'button' }, avatar(known), names);
      button.ariaCurrent = String(known === bot);
      button.addEventListener('click', () => choose(known.name).catch(tell));
      return button;
    }),
  );
  find('who').replaceChildren(avatar(bot), make('strong', {}, bot.title));
  text.placeholder = say.ask(bot.title);
  text.ariaLabel = text.placeholder;
}

/** A turn of the stored history. */
function showTurn(turn) {
  if (turn.role === 2) return talk.append(question(turn.text));
  goOn();
  const shown = answer(bot, actions);
  shown.show({ type: 'blocks', from: 0, blocks: turn.blocks });
  shown.setText(turn.text);
  shown.end();
  talk.append(shown.element);
}

/** What leads on from an answer stands under the newest one only; what it said, its files and Copy stay. */
function goOn() {
  for (const old of talk.querySelectorAll('.theirs footer :is(.retry, .chips)')) old.remove();
}

const actions = {
  ask: submit,
  retry: () => submit('/retry'),
  press: (command) => submit(command.startsWith('ask ') ? command.slice('ask '.length) : `/${command}`),
};

/** Asks, or runs a command. `/bot NAME` and `/new` change the page itself. */
async function submit(words, given = []) {
  const chosen = /^\/bot\s+(\S+)$/.exec(words)?.[1];
  if (running || (words.trim() === '' && given.length === 0)) return;
  if (bots.some(({ name }) => name === chosen)) return choose(chosen).catch(tell);
  goOn();
  if (words === '/retry') talk.querySelector('.theirs:last-of-type')?.remove();
  else if (words !== '/new') talk.append(question(words, given.map(preview)));
  await converse(words, given);
}

async function converse(words, given) {
  const shown = answer(bot, actions);
  talk.append(shown.element);
  running = new AbortController();
  showRunning(true);
  scroll(true);
  try {
    await receive(words, given, shown, running.signal);
  } catch (error) {
    if (running.signal.aborted) shown.end(say.stopped);
    // What the server never took is sent again by Retry; there is nothing that it could answer anew.
    else shown.end(sentence(error), error instanceof Fault ? () => sendAgain(words, given, shown) : undefined);
  } finally {
    running = undefined;
    showRunning(false);
    scroll(nearEnd());
  }
}

function sendAgain(words, given, shown) {
  if (running) return;
  shown.element.remove();
  converse(words, given);
}

async function receive(words, given, shown, signal) {
  let fault;
  let ended;
  for await (const event of ask(words, given, signal)) {
    const follows = nearEnd();
    shown.show(event);
    if (event.type === 'fault') fault = event;
    ended = event;
    scroll(follows);
  }
  if (words === '/new' && ended?.type === 'notice') return talk.replaceChildren(welcome(bot, submit));
  if (ended?.type === 'notice') return takesBack.test(words) ? showAnew(shown.element) : undefined;
  shown.end(fault?.message ?? (ended?.finish === 'interrupt' ? say.interrupted : undefined));
}

/** Commands after which other turns are remembered than stand on the page. */
const takesBack = /^\/(undo|history\s+import)\b/;

/** What is remembered now, and what a command said about it. */
async function showAnew(said) {
  const { turns } = await openSession(bot.name);
  talk.replaceChildren(welcome(bot, submit));
  for (const turn of turns) showTurn(turn);
  talk.append(said);
}

function showRunning(on) {
  form.classList.toggle('running', on);
  send.ariaLabel = on ? say.stop : say.send;
}

function sentence(error) {
  if (error instanceof Fault) return error.message;
  console.error(error);
  return say.offline;
}

function tell(error) {
  note(sentence(error));
}

function note(words) {
  talk.append(make('p', { className: 'note' }, words));
  scroll(true);
}

function nearEnd() {
  return talk.scrollHeight - talk.scrollTop - talk.clientHeight < 120;
}

function scroll(toEnd) {
  if (toEnd) talk.scrollTop = talk.scrollHeight;
}

/** Whether the newest words are in view; then they stay there while pictures load. */
let following = true;
talk.addEventListener('scroll', () => {
  following = nearEnd();
});
talk.addEventListener('load', () => scroll(following), true);

function grow() {
  text.style.height = 'auto';
  text.style.height = `${Math.min(text.scrollHeight, 200)}px`;
}

/** On a narrow window the bots lie over the conversation; on a wide one they stand beside it and this changes nothing. */
function openSide(on) {
  side.classList.toggle('open', on);
  find('menu').ariaExpanded = String(on);
}

/** While an input method composes (Chinese, Japanese), its keys choose words. Safari says so by the key code 229 alone. */
function composing(event) {
  return event.isComposing || event.keyCode === 229;
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (running) return running.abort();
  // A photo is not ready as soon as it is dropped.
  await files.ready();
  if (running) return;
  const words = text.value.trim();
  text.value = '';
  grow();
  submit(words, files.take());
});
find('attach').addEventListener('click', () => find('chosen').click());
find('chosen').addEventListener('change', ({ target }) => {
  files.add([...target.files]);
  target.value = '';
});
/** A picture or file from the clipboard; words are pasted as words, even where a picture of them comes along. */
text.addEventListener('paste', (event) => {
  const given = [...event.clipboardData.files];
  if (given.length === 0 || event.clipboardData.types.includes('text/plain')) return;
  event.preventDefault();
  files.add(given);
});
/** Words that are dropped go where the browser puts them. */
function bringsFiles(event) {
  return event.dataTransfer.types.includes('Files');
}

document.addEventListener('dragover', (event) => {
  if (bringsFiles(event)) event.preventDefault();
});
document.addEventListener('drop', (event) => {
  if (!bringsFiles(event)) return;
  event.preventDefault();
  files.add([...event.dataTransfer.files]);
});
text.addEventListener('input', grow);
text.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || composing(event)) return;
  event.preventDefault();
  if (!running) form.requestSubmit();
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || composing(event)) return;
  if (!side.classList.contains('open')) return running?.abort();
  openSide(false);
  find('menu').focus();
});
find('new').addEventListener('click', () => submit('/new'));
find('menu').addEventListener('click', (event) => {
  event.stopPropagation();
  openSide(!side.classList.contains('open'));
  document.querySelector('#side.open [aria-current="true"]')?.focus();
});
document.querySelector('main').addEventListener('click', () => openSide(false));
