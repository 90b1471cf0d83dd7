/** Why an input failed, without its name where the message begins with it. */
export function reasonOf({ source, error }: { source: string; error: Error }): string {
  const { message } = error;
  const isNamed = [': ', ', '].some((mark) => message.startsWith(source + mark));
  return isNamed ? message.slice(source.length + 2) : message;
}
