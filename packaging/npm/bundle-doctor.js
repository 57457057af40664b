#!/usr/bin/env node
// Starts the program for this machine: the one that is packed beside this file, or that of the platform's own package,
// which npm, pnpm and yarn install as an optional dependency. There is no install script.
'use strict'

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

// "Not judged" (docs/exit-codes.md): whoever gates on 1 must not take a missing program for a verdict.
const NOT_JUDGED = 2
const { optionalDependencies, bundledPlatforms } = require('../../package.json')
const PLATFORMS = Object.keys(optionalDependencies || bundledPlatforms).map((name) => name.split('/')[1])

// Which programs are packed beside this file.
function beside_it() {
  const folders = fs.readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.map((entry) => entry.name)
}

function fail(lines) {
  process.stderr.write(lines.join('\n') + '\n')
  process.exit(NOT_JUDGED)
}

function platforms_package(platform) {
  try {
    return require.resolve(`@bundle-doctor/${platform}/bundle-doctor`)
  } catch {
    return null
  }
}

function program() {
  if (process.env.BUNDLE_DOCTOR_BINARY) return process.env.BUNDLE_DOCTOR_BINARY
  const platform = `${process.platform}-${process.arch}`
  const beside = path.join(__dirname, platform, 'bundle-doctor')
  if (fs.existsSync(beside)) return beside
  const found = platforms_package(platform)
  if (found) return found
  const build = [
    'To build it (Rust 1.95 or newer), in its sources: cargo install --path . --locked',
    'Then name what was built: BUNDLE_DOCTOR_BINARY=/path/to/bundle-doctor',
  ]
  if (!PLATFORMS.includes(platform)) {
    return fail([`error: bundle-doctor has no package for ${platform}, only for ${PLATFORMS.join(', ')}`, ...build])
  }
  if (bundledPlatforms) {
    return fail([
      `error: this package has the program for ${beside_it().join(', ') || 'no machine'} only, and this is ${platform}`,
      `Install the file of the same release that has ${platform} in its name, or build the program.`,
      ...build,
    ])
  }
  return fail([
    `error: the package @bundle-doctor/${platform} is not installed, which has the program for this machine`,
    'Optional dependencies may be turned off (--omit=optional, --no-optional), the lock file may come from another',
    'platform, or no such package was published. Install again with optional dependencies, or build the program.',
    ...build,
  ])
}

// A terminal sends Ctrl-C to the program as well, and a second one would end it in the midst of tidying up.
function has_terminal() {
  try {
    fs.closeSync(fs.openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

const file = program()
const child = spawn(file, process.argv.slice(2), { stdio: 'inherit' })
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
const typed = has_terminal()
for (const signal of SIGNALS) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !typed) child.kill(signal)
  })
}
child.on('error', (error) => {
  const named = process.env.BUNDLE_DOCTOR_BINARY ? ', which BUNDLE_DOCTOR_BINARY names' : ''
  fail([`error: cannot start ${file}${named}: ${error.code || error.message}`])
})
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code)
  // As if it had been started directly: a shell sees the signal.
  for (const name of SIGNALS) process.removeAllListeners(name)
  process.exitCode = 128 + os.constants.signals[signal]
  process.kill(process.pid, signal)
})
