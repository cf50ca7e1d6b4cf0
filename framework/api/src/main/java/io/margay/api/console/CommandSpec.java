// SPDX-License-Identifier: Apache-2.0
package io.margay.api.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a command is called, takes and returns. Built with {@link #of} and {@code withX}, so that a
 * further property breaks no vendor.
 */
public final class CommandSpec {
  /** Who may run a command. */
  public enum Role {
    /** Reads only. */
    VIEWER,
    /** Does what is done day by day and can be undone, such as switching modes. */
    OPERATOR,
    /** Changes anything: resources, bundles, configuration. */
    ADMIN
  }

  /**
   * A positional argument.
   *
   * @param repeated takes all that follow; only the last may
   */
  public record Argument(String name, String description, boolean required, boolean repeated) {}

  /**
   * An option.
   *
   * @param name long form without dashes, such as {@code node}
   * @param value name of its value in help texts; empty for a flag
   */
  public record Option(String name, Optional<String> value, String description) {}

  private final String scope;
  private final String name;
  private final String summary;
  private final Role role;
  private final List<Argument> arguments;
  private final List<Option> options;
  private final List<String> examples;
  private final Optional<Class<? extends Record>> rows;

  private CommandSpec(
      String scope,
      String name,
      String summary,
      Role role,
      List<Argument> arguments,
      List<Option> options,
      List<String> examples,
      Optional<Class<? extends Record>> rows) {
    this.scope = scope;
    this.name = name;
    this.summary = summary;
    this.role = role;
    this.arguments = arguments;
    this.options = options;
    this.examples = examples;
    this.rows = rows;
  }

  /**
   * A command {@code scope:name} that only reads.
   *
   * @param summary one line, imperative, without a full stop
   */
  public static CommandSpec of(String scope, String name, String summary) {
    return new CommandSpec(
        scope, name, summary, Role.VIEWER, List.of(), List.of(), List.of(), Optional.empty());
  }

  /** The command changes something, and is for an {@link Role#ADMIN}. */
  public CommandSpec changing() {
    return with(Role.ADMIN);
  }

  /** The command changes something that can be undone, and is for an {@link Role#OPERATOR}. */
  public CommandSpec operating() {
    return with(Role.OPERATOR);
  }

  public CommandSpec withArgument(String argument, String description) {
    return with(new Argument(argument, description, true, false));
  }

  public CommandSpec withOptionalArgument(String argument, String description) {
    return with(new Argument(argument, description, false, false));
  }

  public CommandSpec withRepeatedArgument(String argument, String description) {
    return with(new Argument(argument, description, false, true));
  }

  public CommandSpec withFlag(String option, String description) {
    return with(new Option(option, Optional.empty(), description));
  }

  public CommandSpec withOption(String option, String value, String description) {
    return with(new Option(option, Optional.of(value), description));
  }

  /** Adds a command line that a reader may type as it stands. */
  public CommandSpec withExample(String example) {
    return new CommandSpec(
        scope, name, summary, role, arguments, options, more(examples, example), rows);
  }

  /** The type of record that the command emits, so that an empty table has its headings. */
  public CommandSpec withRows(Class<? extends Record> type) {
    return new CommandSpec(
        scope, name, summary, role, arguments, options, examples, Optional.of(type));
  }

  public String scope() {
    return scope;
  }

  public String name() {
    return name;
  }

  public String summary() {
    return summary;
  }

  /** Who may run it; every command above {@link Role#VIEWER} changes something. */
  public Role role() {
    return role;
  }

  public List<Argument> arguments() {
    return arguments;
  }

  public List<Option> options() {
    return options;
  }

  public List<String> examples() {
    return examples;
  }

  public Optional<Class<? extends Record>> rows() {
    return rows;
  }

  @Override
  public String toString() {
    return scope + ":" + name;
  }

  private CommandSpec with(Role needed) {
    return new CommandSpec(scope, name, summary, needed, arguments, options, examples, rows);
  }

  private CommandSpec with(Argument argument) {
    return new CommandSpec(
        scope, name, summary, role, more(arguments, argument), options, examples, rows);
  }

  private CommandSpec with(Option option) {
    return new CommandSpec(
        scope, name, summary, role, arguments, more(options, option), examples, rows);
  }

  private static <T> List<T> more(List<T> list, T value) {
    List<T> longer = new ArrayList<>(list);
    longer.add(value);
    return List.copyOf(longer);
  }
}
