export type Command = { id: string; args: string[] };
