// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher.settings;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.xml.XMLConstants;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.parsers.SAXParser;
import javax.xml.parsers.SAXParserFactory;
import org.xml.sax.Attributes;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.AttributesImpl;
import org.xml.sax.helpers.DefaultHandler;

/**
 * What the bundles say about their configuration: per PID, the keys and what each may hold.
 *
 * <p>Read from the bundles' {@code OSGI-INF/metatype} (OSGi Compendium 8, section 105), which bnd
 * writes from the components' {@code @ObjectClassDefinition}.
 */
public record Metatype(Map<String, Map<String, Setting>> settingsByPid) {
  /** The settings of each PID that one metatype document designates. */
  public static Map<String, Map<String, Setting>> parse(InputStream document)
      throws IOException, SAXException, ParserConfigurationException {
    SAXParserFactory factory = SAXParserFactory.newInstance();
    factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    factory.setNamespaceAware(true);
    SAXParser parser = factory.newSAXParser();
    Handler handler = new Handler();
    parser.parse(document, handler);
    return handler.settingsByPid();
  }

  /**
   * What is wrong with a configuration file.
   *
   * @param name of the file, {@code PID.cfg} or {@code FACTORY~NAME.cfg}
   * @param lines its keys and values
   */
  public List<String> problems(String name, Map<String, String> lines) {
    String pid = pid(name);
    Map<String, Setting> settings = settingsByPid.get(pid);
    if (settings == null) {
      return List.of("no bundle takes configuration " + pid + hint(pid, settingsByPid.keySet()));
    }
    List<String> problems = new ArrayList<>();
    new TreeMap<>(lines)
        .forEach((key, value) -> problem(key, value, settings).ifPresent(problems::add));
    return problems;
  }

  /** What a file configures: {@code FACTORY~NAME} or {@code FACTORY-NAME}, else a single PID. */
  public static String pid(String name) {
    String stem = name.replaceFirst("\\.cfg$", "");
    int end = stem.indexOf('~') > 0 ? stem.indexOf('~') : stem.indexOf('-');
    return end > 0 ? stem.substring(0, end) : stem;
  }

  private static Optional<String> problem(String key, String value, Map<String, Setting> settings) {
    Setting setting = settings.get(key);
    if (setting == null) {
      return Optional.of(
          "unknown key " + key + " (value " + value + ")" + hint(key, settings.keySet()));
    }
    return setting
        .objection(value)
        .map(expected -> key + ": " + value + " (expected: " + expected + ")");
  }

  private static String hint(String word, Collection<String> known) {
    return Spelling.nearest(word, known)
        .map(nearest -> "; did you mean " + nearest + "?")
        .orElseGet(() -> "; known: " + String.join(", ", new TreeSet<>(known)));
  }

  /** Collects OCD and AD elements, then gives them to the PIDs of the Designate elements. */
  private static final class Handler extends DefaultHandler {
    private final Map<String, Map<String, Setting>> settingsByClass = new HashMap<>();
    private final Map<String, String> classByPid = new HashMap<>();
    private Map<String, Setting> settings;
    private Attributes definition;
    private List<String> options;
    private String pid;

    @Override
    public void startElement(String uri, String name, String qualified, Attributes attributes) {
      switch (name) {
        case "OCD" -> {
          settings = new TreeMap<>();
          settingsByClass.put(attributes.getValue("id"), settings);
        }
        case "AD" -> {
          definition = new AttributesImpl(attributes);
          options = new ArrayList<>();
        }
        case "Option" -> options.add(attributes.getValue("value"));
        case "Designate" -> {
          String factoryPid = attributes.getValue("factoryPid");
          pid = factoryPid == null ? attributes.getValue("pid") : factoryPid;
        }
        case "Object" -> classByPid.put(pid, attributes.getValue("ocdref"));
        default -> {
          // MetaData, Icon, Attribute: nothing that restricts a value.
        }
      }
    }

    @Override
    public void endElement(String uri, String name, String qualified) {
      if (name.equals("AD")) {
        String key = definition.getValue("id");
        settings.put(
            key,
            new Setting(
                key,
                Objects.requireNonNullElse(definition.getValue("type"), "String"),
                initial(),
                definition.getValue("min"),
                definition.getValue("max"),
                options,
                Objects.requireNonNullElse(definition.getValue("description"), "")));
      }
    }

    /** The default as a file would have it: the schema escapes commas, which separate values. */
    private String initial() {
      return Objects.requireNonNullElse(definition.getValue("default"), "").replace("\\,", ",");
    }

    Map<String, Map<String, Setting>> settingsByPid() {
      Map<String, Map<String, Setting>> result = new HashMap<>();
      classByPid.forEach((pid, id) -> result.put(pid, settingsByClass.getOrDefault(id, Map.of())));
      return result;
    }
  }
}
