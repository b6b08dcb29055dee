"""The default classifier: lessons within sources, a head that turns away from places."""
