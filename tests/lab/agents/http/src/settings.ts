enum Level {
  Quiet,
  Loud = 'loud',
}
namespace Defaults {
  export const name = 'agent';
}
export const settings = { name: Defaults.name, level: Level.Quiet } as const;
