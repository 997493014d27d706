#!/usr/bin/env node
// Asks azqd about many VM sizes at once: node list_skus.js eastus Standard_D2s_v5 Standard_D4s_v5
//
// Needs @grpc/grpc-js and @grpc/proto-loader. It prints a line of JSON for each size, in their order.
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

// Where the socket is (docs/grpc.md). Anybody can make a directory in /tmp.
function socket() {
  const uid = process.geteuid();
  const isOwn = directory =>
    path.isAbsolute(directory) &&
    fs.existsSync(directory) &&
    fs.statSync(directory).isDirectory() &&
    fs.statSync(directory).uid === uid;
  const base = [process.env.XDG_RUNTIME_DIR ?? '', `/run/user/${uid}`].find(isOwn);
  const directory = process.env.AZQ_RUNTIME_DIR || (base ? path.join(base, 'azq') : `/tmp/azq-${uid}`);
  const found = fs.lstatSync(directory);
  if (!found.isDirectory() || found.uid !== uid || found.mode & 0o077) throw new Error(`${directory} is not safe`);
  return path.join(directory, 'azqd.sock');
}

const protos = path.join(__dirname, '..', 'proto');
const { azq } = grpc.loadPackageDefinition(
  loader.loadSync('azq/v1/service.proto', { includeDirs: [protos], keepCase: true, oneofs: true, defaults: true }),
);
// The variables that the daemon may see (proto/src/environment.rs).
const NAMES = new Set(
  (
    'ACC_CLOUD ALL_PROXY AZURE_CLIENT_ID AZURE_CLI_DISABLE_CONNECTION_VERIFICATION AZURE_EXTENSION_DIR' +
    ' AZURE_HTTP_USER_AGENT AZURE_IDENTITY_DISABLE_CP1 AZURE_POD_IDENTITY_AUTHORITY_HOST' +
    ' COPILOT_AGENT_SESSION_ID CURL_CA_BUNDLE HTTPS_PROXY HTTP_PROXY IDENTITY_ENDPOINT IDENTITY_HEADER' +
    ' IDENTITY_SERVER_THUMBPRINT IMDS_ENDPOINT MSI_ENDPOINT MSI_SECRET NO_PROXY REQUESTS_CA_BUNDLE TZ' +
    ' all_proxy http_proxy https_proxy no_proxy'
  ).split(' '),
);
const travels = name => NAMES.has(name) || /^AZURE_(CLOUD|CORE|DEFAULTS|LOGGING)_/.test(name);
const context = {
  azure_config_dir: process.env.AZURE_CONFIG_DIR || path.join(os.homedir(), '.azure'),
  environment: Object.fromEntries(Object.entries(process.env).filter(([name]) => travels(name))),
  output: { format: 'FORMAT_JSON', query: '[].name' },
};

// The document of a command. A reply of more than 64 KiB would come in pieces; names are shorter.
function names(commands, location, size) {
  const metadata = new grpc.Metadata();
  metadata.set('azq-protocol', '1-1');
  return new Promise((resolve, reject) => {
    const document = [];
    const replies = commands.ListSkus({ context, location, size }, metadata, { deadline: Date.now() + 300_000 });
    replies.on('error', reject).on('data', reply => {
      if (reply.kind === 'stdout') document.push(reply.stdout);
      else if (reply.kind === 'log') console.error(reply.log.text);
      else if (reply.kind === 'usage') reject(new Error(reply.usage));
      else if (reply.kind === 'exit' && reply.exit !== 0) reject(new Error(`exit code ${reply.exit}`));
      else if (reply.kind === 'exit') resolve(JSON.parse(Buffer.concat(document)));
    });
  });
}

async function main([location, ...sizes]) {
  execFileSync(process.env.AZQ || 'azq', ['daemon', 'start']);
  const commands = new azq.v1.Commands(`unix:${socket()}`, grpc.credentials.createInsecure(), {
    'grpc.default_authority': 'azqd',
  });
  const found = await Promise.all(sizes.map(size => names(commands, location, size)));
  sizes.forEach((size, index) => console.log(JSON.stringify({ size, skus: found[index] })));
  commands.close();
}

main(process.argv.slice(2)).catch(error => {
  console.error(`ERROR: ${error.message}`);
  process.exitCode = 1;
});
