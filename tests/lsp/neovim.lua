-- A headless Neovim with the settings of docs/editors.md: it opens a file, sees the finding, applies the code action, sees the finding gone.
-- `.ci/editors` runs it in a directory with `main.tf`, with the settings in `settings.lua`.

local function fail(text)
  io.stderr:write(text .. "\n")
  vim.cmd("cquit 1")
end

--- Waits until something holds.
local function wait(what, holds)
  if not vim.wait(20000, holds, 20) then
    fail("Neovim waited in vain: " .. what .. "; " .. vim.inspect(vim.diagnostic.get(0)))
  end
end

local function has(code)
  for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
    if diagnostic.code == code then
      return diagnostic
    end
  end
end

dofile("settings.lua")
vim.filetype.add({ extension = { tf = "terraform", tfvars = "terraform-vars" } })
vim.cmd("filetype on")
vim.cmd.edit("main.tf")
wait("no client is attached", function()
  return #vim.lsp.get_clients({ bufnr = 0, name = "kmslint" }) == 1
end)
wait("no finding is shown", function()
  return has("OCI-KMS-004") ~= nil
end)

local found = has("OCI-KMS-004")
vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })
vim.lsp.buf.code_action({
  apply = true,
  filter = function(action)
    return action.title:find("^Set `protection_mode") ~= nil
  end,
})
wait("the buffer is not fixed", function()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n"):find('"SOFTWARE"', 1, true) ~= nil
end)
wait("the finding is still shown", function()
  return has("OCI-KMS-004") == nil
end)
if table.concat(vim.fn.readfile("main.tf"), "\n"):find("SOFTWARE", 1, true) then
  fail("the file was written, and only the buffer may be changed")
end
io.stdout:write("Neovim " .. tostring(vim.version()) .. ": finding shown, fixed, gone\n")
vim.cmd("qall!")
