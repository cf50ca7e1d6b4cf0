// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import io.margay.launcher.settings.Metatype;
import io.margay.launcher.settings.Setting;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.ParserConfigurationException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xml.sax.SAXException;

/**
 * What the bundles that are installed declare about their configuration (OSGi Compendium 8, section
 * 105). Read when it is asked for: seldom, and a bundle may have come meanwhile.
 */
record Definitions(BundleContext context) {
  private static final Logger LOG = LoggerFactory.getLogger(Definitions.class);

  Metatype metatype() {
    Map<String, Map<String, Setting>> settings = new TreeMap<>();
    for (Bundle bundle : context.getBundles()) {
      Enumeration<URL> documents = bundle.findEntries("OSGI-INF/metatype", "*.xml", false);
      for (URL document : documents == null ? List.<URL>of() : Collections.list(documents)) {
        try (InputStream in = document.openStream()) {
          settings.putAll(Metatype.parse(in));
        } catch (IOException | SAXException | ParserConfigurationException e) {
          LOG.warn("Metatype not readable document={}", document, e);
        }
      }
    }
    return new Metatype(settings);
  }
}
