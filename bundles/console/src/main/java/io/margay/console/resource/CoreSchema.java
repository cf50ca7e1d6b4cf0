// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * What plain words in YAML mean: the core schema of YAML 1.2 without hexadecimal and octal. Under
 * SnakeYAML's YAML 1.1 the BGP community 65000:10 would be a number to the base of 60, and the word
 * no a boolean.
 */
final class CoreSchema extends Resolver {
  @Override
  protected void addImplicitResolvers() {
    addImplicitResolver(Tag.BOOL, Pattern.compile("true|True|TRUE|false|False|FALSE"), "tTfF");
    addImplicitResolver(Tag.INT, Pattern.compile("[-+]?(0|[1-9][0-9]*)"), "-+0123456789");
    addImplicitResolver(
        Tag.FLOAT,
        Pattern.compile("[-+]?(\\.[0-9]+|(0|[1-9][0-9]*)(\\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
        "-+0123456789.");
    addImplicitResolver(Tag.NULL, Pattern.compile("~|null|Null|NULL"), "~nN");
    addImplicitResolver(Tag.NULL, Pattern.compile(""), null);
  }
}
