// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.console.CommandException;
import io.margay.api.resource.Json;
import java.io.StringReader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;

/**
 * Reads resources from YAML 1.2 or JSON: several documents, and lists ({@code kind: IPPoolList}
 * with {@code items}). Keeps line numbers for messages, so it walks the nodes instead of having
 * SnakeYAML construct values. Refused: a key twice, tags, merge keys.
 */
final class YamlReader {
  /** Bounds what aliases can blow up to. */
  private static final int MAX_NODES = 500_000;

  private static final int MAX_DEPTH = 64;

  private final Map<String, Integer> lines = new LinkedHashMap<>();
  private final String place;
  private int nodes;

  private YamlReader(String place) {
    this.place = place;
  }

  /** The resources of a text, at least one. */
  static List<YamlDocument> read(byte[] text) throws CommandException {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(32 << 20);
    options.setMaxAliasesForCollections(1_000);
    DumperOptions dumper = new DumperOptions();
    Yaml yaml =
        new Yaml(
            new SafeConstructor(options),
            new Representer(dumper),
            dumper,
            options,
            new CoreSchema());
    List<YamlDocument> documents = new ArrayList<>();
    int number = 0;
    try {
      for (Node node : yaml.composeAll(new StringReader(decode(text)))) {
        number++;
        if (!Tag.NULL.equals(node.getTag())) {
          new YamlReader("document " + number).addTo(documents, node);
        }
      }
    } catch (MarkedYAMLException e) {
      throw new CommandException(
          "line "
              + (e.getProblemMark().getLine() + 1)
              + ": "
              + e.getProblem()
              + " (expected: YAML)");
    } catch (YAMLException e) {
      throw new CommandException(e.getMessage() + " (expected: YAML)", e);
    }
    if (documents.isEmpty()) {
      throw new CommandException("the file is empty (expected: resources in YAML or JSON)");
    }
    return documents;
  }

  private void addTo(List<YamlDocument> documents, Node node) throws CommandException {
    Object value = value(node, "", 0);
    Map<String, Object> content =
        Json.asObject(value)
            .orElseThrow(() -> refuse(node, shown(value) + " (expected: a resource with kind)"));
    boolean list = String.valueOf(content.get("kind")).endsWith("List");
    if (!list || !(content.get("items") instanceof List<?> items)) {
      documents.add(new YamlDocument(place, content, lines));
      return;
    }
    for (int i = 0; i < items.size(); i++) {
      String path = "items[" + i + "]";
      Map<String, Object> item =
          Json.asObject(items.get(i))
              .orElseThrow(() -> refuse(node, path + ": not a resource (expected: an object)"));
      documents.add(new YamlDocument(place + ", item " + (i + 1), item, linesBelow(path)));
    }
  }

  private Map<String, Integer> linesBelow(String path) {
    Map<String, Integer> below = new LinkedHashMap<>();
    below.put("", lines.get(path));
    lines.forEach(
        (field, line) -> {
          if (field.startsWith(path + ".")) {
            below.put(field.substring(path.length() + 1), line);
          }
        });
    return below;
  }

  private Object value(Node node, String path, int depth) throws CommandException {
    if (depth > MAX_DEPTH || ++nodes > MAX_NODES) {
      throw refuse(node, "too much nesting, or aliases that multiply (expected: a plain document)");
    }
    lines.putIfAbsent(path, line(node));
    if (node instanceof MappingNode mapping) {
      return object(mapping, path, depth);
    } else if (node instanceof SequenceNode sequence) {
      List<Object> list = new ArrayList<>();
      for (Node element : sequence.getValue()) {
        list.add(value(element, path + "[" + list.size() + "]", depth + 1));
      }
      return list;
    }
    return scalar((ScalarNode) node);
  }

  private Map<String, Object> object(MappingNode mapping, String path, int depth)
      throws CommandException {
    if (!Tag.MAP.equals(mapping.getTag())) {
      throw refuse(mapping, mapping.getTag() + " (expected: no tag)");
    }
    Map<String, Object> object = new LinkedHashMap<>();
    Map<String, Integer> seen = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        throw refuse(tuple.getKeyNode(), "a key that is no text (expected: a name)");
      }
      String name = key.getValue();
      Integer before = seen.put(name, line(key));
      if (before != null) {
        throw refuse(key, name + ": twice (expected: once; line " + before + " has it already)");
      }
      String field = path.isEmpty() ? name : path + "." + name;
      lines.put(field, line(key));
      object.put(name, value(tuple.getValueNode(), field, depth + 1));
    }
    return object;
  }

  private Object scalar(ScalarNode node) throws CommandException {
    String text = node.getValue();
    Tag tag = node.getTag();
    if (tag.equals(Tag.STR)) {
      return text;
    } else if (tag.equals(Tag.NULL)) {
      return null;
    } else if (tag.equals(Tag.BOOL)) {
      return Boolean.valueOf(text);
    } else if (tag.equals(Tag.INT)) {
      BigInteger number = new BigInteger(text);
      return number.bitLength() < Long.SIZE ? (Number) number.longValue() : number;
    } else if (tag.equals(Tag.FLOAT)) {
      return new BigDecimal(text);
    }
    throw refuse(node, tag + " (expected: no tag)");
  }

  private CommandException refuse(Node node, String problem) {
    return new CommandException(place + ", line " + line(node) + ": " + problem);
  }

  private static int line(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  private static String shown(Object value) {
    String text = String.valueOf(value);
    return text.length() > 60 ? text.substring(0, 60) + "..." : text;
  }

  private static String decode(byte[] text) throws CommandException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
    } catch (CharacterCodingException e) {
      throw new CommandException("the file is not UTF-8 (expected: YAML or JSON in UTF-8)", e);
    }
  }
}
