// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Configuration of the console over SSH. */
@ObjectClassDefinition(name = "Console over SSH")
@interface Settings {
  @AttributeDefinition(description = "Whether the console can be reached by SSH")
  boolean enabled() default false;

  @AttributeDefinition(description = "Address to listen on; 0.0.0.0 or :: for all")
  String host() default "127.0.0.1";

  @AttributeDefinition(description = "TCP port to listen on", min = "1", max = "65535")
  int port() default 8101;

  @AttributeDefinition(description = "Whether passwords are taken, not keys alone")
  boolean passwords() default true;

  @AttributeDefinition(
      description = "Seconds without a key or a line of output after which a session ends",
      min = "1",
      max = "604800")
  int idleSeconds() default 1800;

  @AttributeDefinition(
      description = "Seconds within which someone must have logged in",
      min = "1",
      max = "600")
  int loginSeconds() default 30;

  @AttributeDefinition(
      description = "Failed logins after which an address is not let in for a while",
      min = "1",
      max = "1000")
  int failures() default 6;

  @AttributeDefinition(
      description = "Seconds for which it is not let in; twice as many each further time",
      min = "1",
      max = "86400")
  int banSeconds() default 60;

  @AttributeDefinition(description = "Users who may be logged in at a time", min = "1", max = "100")
  int maxSessions() default 20;
}
