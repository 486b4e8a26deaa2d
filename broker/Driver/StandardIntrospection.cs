namespace XcpBroker.Driver;

internal static class StandardIntrospection { internal static string Render(string path) => "<node>" + path + "</node>"; }
