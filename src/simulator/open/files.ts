/** Uploads (Coze docs: upload_files, retrieve_files). Only names and sizes are kept; the bytes are let go. */
import { answer, type Exchange, type Fields, Refusal, required } from '../exchange.ts';
import type { Route } from '../routes.ts';
import { addFile, type StoredFile, type World } from '../world.ts';

/** What Coze takes, judged by the name's extension. */
const extensions = new Set(
  (
    'doc docx xls xlsx ppt pptx pdf numbers csv cpp py java c jpg jpg2 jpeg png gif webp heic heif bmp pcd tiff ' +
    'wav mp3 flac m4a aac ogg wma midi mp4 avi mov 3gp 3gpp flv webm wmv rmvb m4v mkv rar zip 7z gz gzip bz2'
  ).split(' '),
);

/** Upload, and retrieve where Studio does not lack it. */
export function fileRoutes(world: World): readonly Route[] {
  const upload: Route = { method: 'POST', path: '/v1/files/upload', handle: (exchange) => store(world, exchange) };
  if (world.flavour === 'studio') return [upload];
  return [upload, { method: 'GET', path: '/v1/files/retrieve', handle: (exchange) => retrieve(world, exchange) }];
}

async function store(world: World, exchange: Exchange): Promise<void> {
  const file = await onlyFile(exchange);
  const extension = file.name.split('.').at(-1)?.toLowerCase() ?? '';
  if (file.size === 0) throw new Refusal(4300, 'The file is empty.');
  if (!extensions.has(extension)) throw new Refusal(4303, `Files of type "${extension}" are not supported.`);
  const stored = addFile(world, { account: exchange.account, name: file.name, bytes: file.size });
  answer(exchange, fileObject(world, stored));
}

/** The part `file`. @throws Refusal 4300 without a file, 4301 with several, 4304 where the body is no form. */
async function onlyFile(exchange: Exchange): Promise<File> {
  const type = exchange.headers['content-type'] ?? '';
  const form = await new Response(new Uint8Array(exchange.body), { headers: { 'content-type': type } })
    .formData()
    .catch(() => {
      throw new Refusal(4304, 'The body is not a multipart form.');
    });
  const files = form.getAll('file').filter((value) => value instanceof File);
  const [file, second] = files;
  if (!file) throw new Refusal(4300, 'The form holds no file under the name "file".');
  if (second) throw new Refusal(4301, 'Only one file can be uploaded at a time.');
  return file;
}

function retrieve(world: World, exchange: Exchange): void {
  const file = world.files.get(required(exchange.query, 'file_id'));
  if (!file || file.account !== exchange.account) throw new Refusal(4200, 'The file does not exist.');
  answer(exchange, fileObject(world, file));
}

function fileObject(world: World, file: StoredFile): Fields {
  const { id, bytes, name: file_name, createdAt } = file;
  if (world.flavour === 'studio') return { id, bytes, file_name, uri: `tos/${id}`, url: '', CreatedAt: createdAt };
  return { id, bytes, file_name, created_at: createdAt };
}
