// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import io.margay.api.console.Console;
import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.node.NodeProperties;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings people to the console by SSH, once that is configured. While it is off, no class of the
 * SSH library is loaded.
 */
@Component(
    service = {SshConsole.class, HealthCheck.class},
    immediate = true,
    configurationPid = "io.margay.ssh")
@Designate(ocd = Settings.class)
public final class SshConsole implements HealthCheck {
  private static final Logger LOG = LoggerFactory.getLogger(SshConsole.class);
  private static final String NAME = "ssh";

  private final Consoles consoles = new Consoles();
  private final Gate gate = new Gate(System::nanoTime);
  private final Users users;
  private volatile Settings settings;
  private volatile Optional<SshListener> listener = Optional.empty();
  private volatile String problem = "";

  @Activate
  public SshConsole(BundleContext context, Settings settings) {
    this.users = new Users(Path.of(context.getProperty(NodeProperties.STATE)).resolve("ssh"));
    this.settings = settings;
    open();
  }

  /** Sessions stay, unless what they came by changes. */
  @Modified
  synchronized void modified(Settings changed) {
    Settings before = settings;
    settings = changed;
    boolean same =
        before.enabled() == changed.enabled()
            && before.host().equals(changed.host())
            && before.port() == changed.port()
            && before.passwords() == changed.passwords()
            && before.loginSeconds() == changed.loginSeconds();
    if (!same || !problem.isEmpty()) {
      close();
      open();
    }
  }

  @Deactivate
  synchronized void stop() {
    close();
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindConsole(Console console) {
    consoles.bind(console);
  }

  void unbindConsole(Console console) {
    consoles.unbind(console);
  }

  @Override
  public List<Health> check() {
    if (!settings.enabled()) {
      return List.of();
    }
    return List.of(problem.isEmpty() ? Health.ok(NAME) : Health.down(NAME, problem));
  }

  Settings settings() {
    return settings;
  }

  Users users() {
    return users;
  }

  Gate gate() {
    return gate;
  }

  /** Empty while it is off, or cannot listen. */
  Optional<SshListener> listener() {
    return listener;
  }

  private void open() {
    problem = "";
    if (!settings.enabled()) {
      return;
    }
    try {
      listener = Optional.of(new SshListener(users, gate, consoles, this::settings));
    } catch (IOException e) {
      problem = settings.host() + " port " + settings.port() + ": " + e.getMessage();
      LOG.error("SSH cannot listen host={} port={}", settings.host(), settings.port(), e);
    }
  }

  private void close() {
    try {
      if (listener.isPresent()) {
        listener.get().close();
      }
    } catch (IOException e) {
      LOG.warn("SSH stopped uncleanly", e);
    } finally {
      listener = Optional.empty();
    }
  }
}
