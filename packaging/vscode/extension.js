// Starts `kmslint lsp` and connects VS Code with it; everything else is the server's.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function activate() {
  const command = workspace.getConfiguration("kmslint").get("path");
  const selector = ["tf", "tofu", "tfvars", "tf.json", "tofu.json", "tfvars.json"].map((end) => ({ scheme: "file", pattern: `**/*.${end}` }));
  client = new LanguageClient(
    "kmslint",
    "kmslint",
    { command, args: ["lsp"] },
    { documentSelector: [...selector, { scheme: "file", pattern: "**/{,.}kmslint.toml" }], synchronize: { configurationSection: "kmslint" } },
  );
  return client.start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
