// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.CommandSpec.Role;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.time.Duration;
import java.time.Instant;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code ssh:status}: where it listens, who is there, and who was not let in. */
@Component
public final class SshStatus implements Command {
  private record Row(
      String user, Role role, String address, Instant since, Duration idle, int consoles) {}

  private final SshConsole console;

  @Activate
  public SshStatus(@Reference SshConsole console) {
    this.console = console;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "ssh", "status", "say where SSH listens, who is logged in, who was refused")
        .withRows(Row.class)
        .withExample("ssh:status");
  }

  @Override
  public void run(Invocation invocation, Output output) {
    Settings settings = console.settings();
    if (console.listener().isEmpty()) {
      output.message(settings.enabled() ? "cannot listen, see health" : "off");
      return;
    }
    output.message(
        settings.host()
            + " port "
            + settings.port()
            + ", key "
            + console.listener().get().fingerprint());
    Gate gate = console.gate();
    output.message(
        "since the start "
            + gate.failures()
            + " logins failed and "
            + gate.refusals()
            + " connections were not let in; "
            + gate.banned()
            + " addresses are not now");
    for (Link link : console.listener().get().links().all()) {
      link.caller()
          .ifPresent(
              caller ->
                  output.row(
                      new Row(
                          caller.name(),
                          caller.role(),
                          link.address().getHostAddress(),
                          link.since(),
                          Duration.ofNanos(link.idleNanos()),
                          link.seats().size())));
    }
  }
}
