import chalk from 'chalk';

export function run(): void {
  console.log(chalk.green('well'));
}
