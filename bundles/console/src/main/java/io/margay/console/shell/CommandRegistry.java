// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.CommandSpec.Role;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every {@link Command} service by its name {@code scope:name}. While a bundle is swapped two
 * bundles offer the same command: the newer serves.
 */
@Component(service = CommandRegistry.class)
public final class CommandRegistry {
  private static final Logger LOG = LoggerFactory.getLogger(CommandRegistry.class);
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*:[a-z][a-z0-9-]*");

  /** Scope of what concerns the product as a whole, such as {@code health}. */
  private static final String UNSCOPED = "margay:";

  private volatile Map<String, List<Command>> commands = Map.of();

  @Activate
  public CommandRegistry() {}

  @Reference(
      service = Command.class,
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC)
  public synchronized void add(Command command) {
    String name = command.spec().toString();
    if (!NAME.matcher(name).matches()) {
      LOG.error("Command ignored: {} (expected: a name like {})", name, NAME);
      return;
    }
    Map<String, List<Command>> next = new TreeMap<>(commands);
    List<Command> same = new ArrayList<>(next.getOrDefault(name, List.of()));
    same.add(0, command);
    next.put(name, List.copyOf(same));
    commands = next;
  }

  public synchronized void remove(Command command) {
    Map<String, List<Command>> next = new TreeMap<>(commands);
    next.replaceAll((name, same) -> same.stream().filter(c -> c != command).toList());
    next.values().removeIf(List::isEmpty);
    commands = next;
  }

  /** The command of this name, {@code scope:name}; of scope {@code margay} the name will do. */
  public Optional<Command> find(String name) {
    List<Command> bare = commands.getOrDefault(UNSCOPED + name, List.of());
    return commands.getOrDefault(name, bare).stream().findFirst();
  }

  /**
   * The same within a scope: there its commands go by their names alone.
   *
   * @param scopes separated by colons
   */
  Optional<Command> find(String name, String scopes) {
    if (!name.contains(":")) {
      for (String scope : scopes.split(":")) {
        List<Command> found = commands.getOrDefault(scope + ":" + name, List.of());
        if (!found.isEmpty()) {
          return Optional.of(found.get(0));
        }
      }
    }
    return find(name);
  }

  /** Whether there are commands of this scope. */
  boolean isScope(String name) {
    return commands.keySet().stream().anyMatch(command -> command.startsWith(name + ":"));
  }

  /** The scopes that have commands, ordered by name. */
  List<String> scopes() {
    return commands.keySet().stream().map(name -> name.replaceFirst(":.*", "")).distinct().toList();
  }

  /** What an operator types for a command. */
  static String nameOf(CommandSpec spec) {
    String name = spec.toString();
    return name.startsWith(UNSCOPED) ? name.substring(UNSCOPED.length()) : name;
  }

  /** What an operator reads for a role. */
  static String nameOf(Role role) {
    return role.name().toLowerCase(Locale.ROOT);
  }

  /** All commands, ordered by name. */
  public Collection<Command> all() {
    return commands.values().stream().map(same -> same.get(0)).toList();
  }
}
