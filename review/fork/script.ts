export function main(_args: string[]): Promise<void> {
  return Promise.resolve();
}
