// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code config:edit}: the whole file at once. */
@Component(service = Command.class)
public final class ConfigEdit implements Command {
  private final ConfigFolder folder;

  @Activate
  public ConfigEdit(@Reference ConfigFolder folder) {
    this.folder = folder;
  }

  @Override
  public CommandSpec spec() {
    return Values.withPid(
            CommandSpec.of("config", "edit", "replace a configuration file by what is piped in"))
        .changing()
        .withExample("cat /root/cni.cfg | config:edit io.margay.cni");
  }

  @Override
  public List<String> complete(String name) {
    return Values.pids(folder);
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    String pid = invocation.argument(Values.PID);
    String text = new String(invocation.input(), StandardCharsets.UTF_8);
    if (text.isBlank()) {
      throw new CommandException(
          "nothing was piped in (expected: the text of "
              + Values.file(pid)
              + "; or edit the file itself, it is checked within a second, or use config:set)",
          2);
    }
    Values.of(folder, pid, Optional.of(text)).apply(output);
  }
}
