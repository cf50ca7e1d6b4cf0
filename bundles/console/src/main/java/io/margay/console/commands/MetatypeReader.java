// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.osgi.framework.Bundle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * What bundles declare about their configuration, from {@code OSGI-INF/metatype} (OSGi Compendium
 * 8, section 105). Read by hand: the metatype service would need the log service, and both a
 * bundle.
 */
final class MetatypeReader {
  private static final Logger LOG = LoggerFactory.getLogger(MetatypeReader.class);

  private MetatypeReader() {}

  /** The settings of a bundle; none when it declares none. */
  static List<Setting> settings(Bundle bundle) {
    Enumeration<URL> documents = bundle.findEntries("OSGI-INF/metatype", "*.xml", false);
    List<Setting> settings = new ArrayList<>();
    for (URL document : documents == null ? List.<URL>of() : Collections.list(documents)) {
      try (InputStream in = document.openStream()) {
        settings.addAll(read(in));
      } catch (IOException | SAXException | ParserConfigurationException e) {
        LOG.warn("Metatype not readable document={}", document, e);
      }
    }
    return settings;
  }

  static List<Setting> read(InputStream in)
      throws IOException, SAXException, ParserConfigurationException {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    factory.setNamespaceAware(true);
    Document document = factory.newDocumentBuilder().parse(in);
    Map<String, Element> definitions = new HashMap<>();
    elements(document.getElementsByTagNameNS("*", "OCD"))
        .forEach(definition -> definitions.put(definition.getAttribute("id"), definition));
    List<Setting> settings = new ArrayList<>();
    for (Element designate : elements(document.getElementsByTagNameNS("*", "Designate"))) {
      String factoryPid = designate.getAttribute("factoryPid");
      String pid = factoryPid.isEmpty() ? designate.getAttribute("pid") : factoryPid;
      for (Element object : elements(designate.getElementsByTagNameNS("*", "Object"))) {
        Element definition = definitions.get(object.getAttribute("ocdref"));
        if (definition != null) {
          elements(definition.getElementsByTagNameNS("*", "AD"))
              .forEach(attribute -> settings.add(setting(pid, attribute)));
        }
      }
    }
    return settings;
  }

  private static Setting setting(String pid, Element attribute) {
    return new Setting(
        pid,
        attribute.getAttribute("id"),
        values(attribute.getAttribute("default")),
        attribute.getAttribute("description"));
  }

  /** Separated by commas; a backslash takes what follows as it is. */
  static List<String> values(String text) {
    List<String> values = new ArrayList<>();
    StringBuilder value = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == ',') {
        values.add(value.toString());
        value.setLength(0);
      } else {
        boolean escape = c == '\\' && i + 1 < text.length();
        value.append(escape ? text.charAt(++i) : c);
      }
    }
    if (!text.isEmpty()) {
      values.add(value.toString());
    }
    return List.copyOf(values);
  }

  private static List<Element> elements(NodeList nodes) {
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }
}
