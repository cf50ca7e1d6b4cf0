// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.CommandSpec;
import io.margay.api.console.CommandSpec.Argument;
import io.margay.api.console.CommandSpec.Option;
import io.margay.api.console.CommandSpec.Role;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The words of a command line, sorted into what its {@link CommandSpec} declares.
 *
 * <p>Options are {@code --name value}, {@code --name=value}, or {@code -n value} when the name is
 * one letter; {@code --} ends them. Every command has {@code --json} and {@code --help}, one that
 * changes something {@code --yes}.
 *
 * @param values what was given, by name of argument or option; flags have an empty list
 */
record Arguments(Map<String, List<String>> values) {
  static final Option JSON = new Option("json", Optional.empty(), "print JSON, not a table");
  static final Option HELP = new Option("help", Optional.empty(), "print this text");

  static final Option YES = new Option("yes", Optional.empty(), "do it without asking");

  static Arguments parse(CommandSpec spec, List<String> words) throws UsageException {
    Map<String, Option> options = new LinkedHashMap<>();
    options(spec).forEach(option -> options.put(dashed(option), option));
    Map<String, List<String>> values = new LinkedHashMap<>();
    List<String> positional = new ArrayList<>();
    Iterator<String> rest = words.iterator();
    while (rest.hasNext()) {
      String word = rest.next();
      if (word.equals("--")) {
        rest.forEachRemaining(positional::add);
      } else if (!looksLikeOption(word, options)) {
        positional.add(word);
      } else {
        option(word, options, rest, values);
      }
    }
    if (!values.containsKey(HELP.name())) {
      positional(spec, positional, values);
    }
    return new Arguments(values);
  }

  /** The options of a command and those that every command has. */
  static List<Option> options(CommandSpec spec) {
    List<Option> options = new ArrayList<>(spec.options());
    if (spec.role() != Role.VIEWER) {
      options.add(YES);
    }
    options.add(JSON);
    options.add(HELP);
    return options;
  }

  /** {@code --name}, or {@code -n} for a name of one letter. */
  static String dashed(Option option) {
    return (option.name().length() == 1 ? "-" : "--") + option.name();
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  /** The last value given, so that a later option wins over an earlier one. */
  Optional<String> value(String name) {
    List<String> given = all(name);
    return given.isEmpty() ? Optional.empty() : Optional.of(given.get(given.size() - 1));
  }

  List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  private static boolean looksLikeOption(String word, Map<String, Option> options) {
    boolean number = word.matches("-\\d.*") && !options.containsKey(word);
    return word.startsWith("-") && word.length() > 1 && !number;
  }

  private static void option(
      String word,
      Map<String, Option> options,
      Iterator<String> rest,
      Map<String, List<String>> values)
      throws UsageException {
    int equals = word.startsWith("--") ? word.indexOf('=') : -1;
    String name = equals < 0 ? word : word.substring(0, equals);
    Option option = options.get(name);
    if (option == null) {
      throw new UsageException(
          name + ": no such option (expected: " + String.join(", ", options.keySet()) + ")");
    }
    List<String> given = values.computeIfAbsent(option.name(), n -> new ArrayList<>());
    if (option.value().isEmpty()) {
      if (equals >= 0) {
        throw new UsageException(word + ": unexpected value (expected: " + name + " alone)");
      }
    } else if (equals >= 0) {
      given.add(word.substring(equals + 1));
    } else if (rest.hasNext()) {
      given.add(rest.next());
    } else {
      throw new UsageException(
          name + ": value missing (expected: " + name + " " + option.value().get() + ")");
    }
  }

  private static void positional(
      CommandSpec spec, List<String> words, Map<String, List<String>> values)
      throws UsageException {
    Iterator<String> rest = words.iterator();
    for (Argument argument : spec.arguments()) {
      if (!rest.hasNext()) {
        if (argument.required()) {
          throw new UsageException(
              Usage.placeholder(argument.name())
                  + ": missing (expected: "
                  + argument.description()
                  + ")");
        }
      } else if (argument.repeated()) {
        List<String> all = new ArrayList<>();
        rest.forEachRemaining(all::add);
        values.put(argument.name(), all);
      } else {
        values.put(argument.name(), List.of(rest.next()));
      }
    }
    if (rest.hasNext()) {
      String expected =
          spec.arguments().isEmpty()
              ? "no argument"
              : spec.arguments().stream()
                  .map(argument -> Usage.placeholder(argument.name()))
                  .collect(Collectors.joining(" "));
      throw new UsageException(rest.next() + ": unexpected argument (expected: " + expected + ")");
    }
  }
}
