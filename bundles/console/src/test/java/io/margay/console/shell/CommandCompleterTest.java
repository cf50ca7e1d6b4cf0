// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.apache.felix.gogo.jline.Parser;
import org.jline.reader.Candidate;
import org.jline.reader.Parser.ParseContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandCompleterTest {
  /** What is offered at the end of a line, before JLine keeps what fits. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                            | fruit:list cat exit",
        "fru                           | fruit:list cat exit",
        "'help '                       | fruit:list fruit",
        "'fruit:list '                 | red yellow",
        "'fruit:list red '             | sweet sour",
        "'fruit:list red sweet '       | ''",
        "'fruit:list --'               | --limit -o --rotten --bug --json --help",
        "'fruit:list -o '              | name weight",
        "'fruit:list -o name '         | red yellow",
        "'fruit:list --rotten red '    | sweet sour",
        "'cat | fruit:list '           | red yellow",
        "'fruit:list --o'              | --limit -o --rotten --bug --json --help",
        "'fruit:list --limit='         | --limit=1 --limit=2",
        "'fruit:list --rotten='        | ''",
        "'watch '                      | fruit:list cat exit",
        "'watch -n 2 fruit:list '      | red yellow",
        "'cat | each fruit:list '      | red yellow",
        "'nope '                       | ''",
      })
  void offersWhatMayFollow(String line, String expected) {
    CommandRegistry registry = new CommandRegistry();
    registry.add(new Fruits());
    List<Candidate> candidates = new ArrayList<>();

    new CommandCompleter(registry, () -> List.of("cat", "exit"), () -> "")
        .complete(null, new Parser().parse(line, line.length(), ParseContext.COMPLETE), candidates);

    assertEquals(
        expected, String.join(" ", candidates.stream().map(Candidate::value).toList()), line);
  }
}
