/** Files for the next question: chosen, pasted or dropped, shown above the line, sent as `data:` URLs. */
import { make } from './talk.js';
import { say } from './words.js';

const mostFiles = 10;
/** Of all files together: the server takes no larger question. */
const mostBytes = 20 * 1024 * 1024;
/** Photos of a phone are larger than any bot looks at: from so many bytes on they are scaled to so many pixels. */
const heavyPicture = 1024 * 1024;
const longestSide = 2048;

/** `list` shows what is chosen; `tell` says in a sentence what cannot be. */
export function chooseFiles(list, tell) {
  let chosen = [];

  const draw = () => {
    list.hidden = chosen.length === 0;
    list.replaceChildren(
      ...chosen.map((file) => {
        const remove = make('button', { type: 'button', className: 'quiet', ariaLabel: say.remove(file.name) }, '✕');
        remove.addEventListener('click', () => {
          chosen = chosen.filter((other) => other !== file);
          draw();
        });
        return make('li', {}, preview(file), remove);
      }),
    );
  };
  const read = async (given) => {
    const file = await lighter(given);
    const before = chosen.reduce((sum, { url }) => sum + url.length * 0.75, 0);
    if (before + file.size > mostBytes) return tell(say.tooLarge(file.name));
    const url = await dataUrl(file);
    chosen.push({ name: file.name, type: file.type || 'application/octet-stream', url });
  };
  const readAll = async (files) => {
    for (const given of files) {
      if (chosen.length >= mostFiles) return tell(say.tooMany(mostFiles));
      // A folder, or what is no longer there.
      await read(given).catch(() => tell(say.unreadable(given.name)));
      draw();
    }
  };
  /** Ends when all that was added is read. */
  let reading = Promise.resolve();
  return {
    add(files) {
      reading = reading.then(() => readAll(files));
    },
    ready: () => reading,
    /** What is chosen, which is then no longer. */
    take() {
      const taken = chosen;
      chosen = [];
      draw();
      return taken;
    },
  };
}

/** A picture, or the name of what is none. */
export function preview({ name, type, url }) {
  return /^image\/(png|jpeg|gif|webp)$/.test(type)
    ? make('img', { src: url, alt: name, title: name })
    : make('span', { className: 'paper', title: name }, name);
}

async function lighter(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < heavyPicture) return file;
  const picture = await createImageBitmap(file).catch(() => undefined);
  if (!picture) return file;
  const scale = Math.min(1, longestSide / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(Math.round(picture.width * scale), Math.round(picture.height * scale));
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.9 });
  const name = file.name.replace(/\.\w+$/, `.${blob.type.slice('image/'.length)}`);
  return blob.size < file.size ? new File([blob], name, { type: blob.type }) : file;
}

function dataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(reader.result));
    reader.addEventListener('error', () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}
