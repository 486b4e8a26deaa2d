using XcpBroker.Config.Services;
using XcpBroker.Protocol;

namespace XcpBroker.Spawning.Helper;

/// <summary>Descriptors as root may act on them: NAME.service in the first directory that has one which is root's alone to write.</summary>
/// <param name="directories">Rooted paths, first wins.</param>
internal sealed class TrustedDescriptors(IReadOnlyList<string> directories) : IDescriptorReader
{
    public DBusError Find(string name, out ServiceDescriptor? service)
    {
        service = null;
        string? problem = null;
        foreach (string directory in directories)
        {
            string file = name + ServiceFile.Suffix;
            string? untrusted = TrustedFile.Read(directory, file, ServiceFile.MaxLength, out byte[]? content);
            problem ??= untrusted;
            if (content is not null)
            {
                return Read(name, Path.Combine(directory, file), content, out service);
            }
        }

        return problem is null
            ? new DBusError(ErrorNames.SpawnServiceNotFound, $"the root helper finds no {name}{ServiceFile.Suffix}")
            : new DBusError(ErrorNames.SpawnFileInvalid, problem);
    }

    private static DBusError Read(string name, string path, byte[] content, out ServiceDescriptor? service)
    {
        service = null;
        if (!ServiceFile.TryParse(content, path, isTrusted: true, out ServiceDescriptor? descriptor, out string? error))
        {
            return new DBusError(ErrorNames.SpawnFileInvalid, $"{path}: {error}");
        }

        if (descriptor.Name != name)
        {
            return new DBusError(ErrorNames.SpawnServiceNotValid, $"{path}: it has another Name than {name}");
        }

        service = descriptor;
        return default;
    }
}
