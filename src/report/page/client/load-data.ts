// The data blocks that shell puts into the page: JSON, as text or packed (gzip, base64). Called by
// main and, for what is only taken along, download.

export async function blockText(id: string): Promise<string> {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no data block ${id}`);
  const text = element.textContent;
  if (element.dataset['packed'] !== 'gzip') return text;
  if (typeof DecompressionStream === 'undefined') {
    throw new Error(
      'this browser cannot unpack the data (DecompressionStream, in every browser since 2023)',
    );
  }
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
}
