namespace XcpBroker.Config.Reading;

/// <summary>What all files of one configuration share while they are read.</summary>
internal sealed class Surroundings(IConfigFiles files, ISecretFiles? secrets, IUserDirectory users, StandardServiceDirectories standardDirectories, AddressParser addresses)
{
    private readonly Dictionary<string, uint?> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, uint?> _groups = new(StringComparer.Ordinal);

    internal IConfigFiles Files { get; } = files;

    /// <summary>Null: no file with a secret is opened.</summary>
    internal ISecretFiles? Secrets { get; } = secrets;

    internal StandardServiceDirectories StandardDirectories { get; } = standardDirectories;

    internal AddressParser Addresses { get; } = addresses;

    /// <summary>Files that were read or looked for, each once.</summary>
    internal List<string> FilesSeen { get; } = [];

    internal List<string> DirectoriesSeen { get; } = [];

    internal List<ConfigProblem> Warnings { get; } = [];

    internal uint? FindUser(string name) => Find(_users, name, users.FindUser);

    internal uint? FindGroup(string name) => Find(_groups, name, users.FindGroup);

    internal void Warn(string file, Xml.XmlPosition position, string message) =>
        Warnings.Add(new ConfigProblem(file, position.Line, position.Column, message));

    /// <summary>The same warning again, from another place, says nothing new.</summary>
    internal void WarnOnce(string file, Xml.XmlPosition position, string message)
    {
        if (!Warnings.Exists(warning => warning.Message == message))
        {
            Warn(file, position, message);
        }
    }

    // Asking may cost a round trip to a directory server, and policies name the same few users again and again.
    private static uint? Find(Dictionary<string, uint?> known, string name, Func<string, uint?> find)
    {
        if (uint.TryParse(name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out uint number))
        {
            return number;
        }

        if (!known.TryGetValue(name, out uint? id))
        {
            id = find(name);
            known.Add(name, id);
        }

        return id;
    }
}
