/** The sources by address: `mod.ts`, and what it imports. */

const ROOT = new URL("../../", import.meta.url);

/** The files that a program may import, as paths from the root of the repository. */
export async function sourceFiles(): Promise<string[]> {
  const files = ["mod.ts"];
  const walk = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
      if (isDirectory) await walk(`${folder}${name}/`);
      else files.push(folder + name);
    }
  };
  await walk("src/");
  return files.sort();
}

/** One of them. */
export function readSource(file: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(file, ROOT));
}

/** Answers for sources, and `null` for anything else. */
export async function sourceAnswer(path: string): Promise<Response | null> {
  if (!/^\/(?:mod\.ts|src\/[\w/]+\.ts)$/.test(path)) return null;
  const bytes = await readSource(path.slice(1)).catch(() => null);
  return bytes && new Response(bytes, { headers: { "content-type": "application/typescript" } });
}
