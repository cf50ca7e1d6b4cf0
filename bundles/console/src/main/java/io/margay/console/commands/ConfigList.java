// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Dictionary;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code config:list}: every key that a bundle declares, and what it is set to. */
@Component
public final class ConfigList implements Command {
  private static final String PID = "pid";

  /** Libraries declare settings too; those are listed when asked for. */
  private static final String OURS = "io.margay.";

  private static final String FILE_PROPERTY = "felix.fileinstall.filename";

  private record Row(
      String pid,
      String key,
      Optional<String> value,
      List<String> default_,
      Optional<String> file,
      String description) {}

  private final BundleContext context;
  private final ConfigurationAdmin admin;

  @Activate
  public ConfigList(BundleContext context, @Reference ConfigurationAdmin admin) {
    this.context = context;
    this.admin = admin;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("config", "list", "list configuration: value in force, default, meaning")
        .withOptionalArgument(PID, "only this part, such as io.margay.core")
        .withRows(Row.class)
        .withExample("config:list --json");
  }

  @Override
  public List<String> complete(String name) {
    return settings().map(Setting::pid).distinct().toList();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Optional<String> wanted = invocation.value(PID);
    List<Setting> settings =
        settings()
            .filter(s -> wanted.map(s.pid()::equals).orElse(s.pid().startsWith(OURS)))
            .sorted(Comparator.comparing(Setting::pid).thenComparing(Setting::key))
            .toList();
    if (wanted.isPresent() && settings.isEmpty()) {
      throw new CommandException(
          wanted.get() + ": no such configuration (expected: one of " + complete(PID) + ")");
    }
    Collection<Configuration> configurations = configurations();
    for (Setting setting : settings) {
      List<Configuration> own =
          configurations.stream().filter(c -> belongs(c, setting.pid())).toList();
      if (own.isEmpty()) {
        output.row(row(setting, setting.pid(), Optional.empty()));
      }
      own.forEach(c -> output.row(row(setting, c.getPid(), Optional.of(c))));
    }
  }

  private Stream<Setting> settings() {
    return Arrays.stream(context.getBundles()).flatMap(b -> MetatypeReader.settings(b).stream());
  }

  private Collection<Configuration> configurations() throws CommandException {
    TreeMap<String, Configuration> byPid = new TreeMap<>();
    try {
      Configuration[] all = admin.listConfigurations(null);
      for (Configuration configuration : all == null ? new Configuration[0] : all) {
        byPid.put(configuration.getPid(), configuration);
      }
      return byPid.values();
    } catch (IOException | InvalidSyntaxException e) {
      throw new CommandException("configuration not readable: " + e.getMessage(), e);
    }
  }

  private static boolean belongs(Configuration configuration, String pid) {
    return pid.equals(configuration.getPid()) || pid.equals(configuration.getFactoryPid());
  }

  private static Row row(Setting setting, String pid, Optional<Configuration> configuration) {
    Optional<Dictionary<String, Object>> properties =
        configuration.map(Configuration::getProperties);
    Optional<String> set = properties.map(p -> p.get(setting.key())).map(ConfigList::text);
    Optional<String> standard =
        setting.defaults().isEmpty()
            ? Optional.empty()
            : Optional.of(String.join(",", setting.defaults()));
    return new Row(
        pid,
        setting.key(),
        set.or(() -> standard),
        setting.defaults(),
        properties.map(p -> p.get(FILE_PROPERTY)).map(ConfigList::fileName),
        setting.description());
  }

  /** All files are in one folder, so its path is left out. */
  private static String fileName(Object url) {
    return url.toString().substring(url.toString().lastIndexOf('/') + 1);
  }

  private static String text(Object value) {
    return value instanceof Object[] array
        ? String.join(",", Arrays.stream(array).map(Object::toString).toList())
        : value.toString();
  }
}
