// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A command that has one of everything. */
public final class Fruits implements Command {
  private record Fruit(String name, int weightGrams) {}

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("fruit", "list", "list fruits")
        .withArgument("colour", "colour of the skin")
        .withOptionalArgument("taste", "how it tastes")
        .withOption("limit", "N", "at most so many")
        .withOption("o", "ORDER", "name or weight")
        .withFlag("rotten", "fail")
        .withFlag("bug", "throw")
        .withExample("fruit:list red")
        .withRows(Fruit.class);
  }

  @Override
  public List<String> complete(String name) {
    return switch (name) {
      case "colour" -> List.of("red", "yellow");
      case "taste" -> List.of("sweet", "sour");
      case "limit" -> List.of("1", "2");
      case "o" -> List.of("name", "weight");
      default -> List.of();
    };
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    List<Fruit> fruits = List.of(new Fruit("apple", 150), new Fruit("cherry", 8));
    int limit = invocation.value("limit").map(Integer::parseInt).orElse(fruits.size());
    fruits.stream().limit(limit).forEach(output::row);
    if (invocation.argument("colour").equals("piped")) {
      output.message(new String(invocation.input(), StandardCharsets.UTF_8));
    }
    if (invocation.has("rotten")) {
      throw new CommandException("cherry: rotten (expected: fresh)", 7);
    }
    if (invocation.has("bug")) {
      throw new IllegalStateException("a wasp");
    }
  }
}
