using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config.Services;

/// <summary>A file or directory that could not be used, or is strange, and why.</summary>
/// <param name="Path">Rooted.</param>
/// <param name="Text">One clause, without the path.</param>
public sealed record ServiceFileWarning(string Path, string Text);

/// <summary>All names that can be started, as the service directories said when they were read.</summary>
/// <remarks>
/// Immutable: a reload reads another one, off the bus loop, and swaps them. The first directory that has a name wins; within one, the
/// first file in the order of bytes. A bad file is left out with a warning and spoils nothing else.
/// </remarks>
public sealed class ServiceCatalog
{
    private readonly FrozenDictionary<string, ServiceDescriptor> _services;

    private ServiceCatalog(
        Dictionary<string, ServiceDescriptor> services, IReadOnlyList<ServiceFileWarning> warnings, IReadOnlyList<ServiceFileWarning> remarks)
    {
        _services = services.ToFrozenDictionary(StringComparer.Ordinal);
        Names = [.. services.Keys];
        Warnings = warnings;
        Remarks = remarks;
    }

    /// <summary>Nothing can be started.</summary>
    public static ServiceCatalog Empty { get; } = new([], [], []);

    /// <summary>The names, in the order in which they were found.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>All descriptors, in no order.</summary>
    public IReadOnlyList<ServiceDescriptor> Services => _services.Values;

    /// <summary>What was left out.</summary>
    public IReadOnlyList<ServiceFileWarning> Warnings { get; }

    /// <summary>What is strange about what was not left out.</summary>
    public IReadOnlyList<ServiceFileWarning> Remarks { get; }

    /// <summary>These descriptors; the first of each name counts.</summary>
    public static ServiceCatalog Of(params IEnumerable<ServiceDescriptor> descriptors)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        Dictionary<string, ServiceDescriptor> services = new(StringComparer.Ordinal);
        foreach (ServiceDescriptor descriptor in descriptors)
        {
            services.TryAdd(descriptor.Name, descriptor);
        }

        return new ServiceCatalog(services, [], []);
    }

    /// <summary>Reads directories. Blocks on the file system; may run on any thread.</summary>
    /// <param name="directories">Most important first.</param>
    /// <param name="files">Reads a file.</param>
    /// <param name="ownUserId">The user of the bus: besides root's, its files may have <c>X-XCP-</c> keys.</param>
    public static ServiceCatalog Read(IReadOnlyList<ServiceDirectory> directories, IServiceFiles files, uint ownUserId)
    {
        ArgumentNullException.ThrowIfNull(directories);
        ArgumentNullException.ThrowIfNull(files);
        Dictionary<string, ServiceDescriptor> services = new(StringComparer.Ordinal);
        List<ServiceFileWarning> warnings = [];
        foreach (ServiceDirectory directory in directories)
        {
            if (directory.IsTransient && files.Distrust(directory.Path) is { } problem)
            {
                warnings.Add(new ServiceFileWarning(directory.Path, problem));
                continue;
            }

            foreach (string path in FilesOf(directory, warnings))
            {
                if (!TryRead(path, directory.RequiresMatchingFileNames, files, ownUserId, out ServiceDescriptor? found, out string? error))
                {
                    warnings.Add(new ServiceFileWarning(path, error));
                }
                else if (!services.TryAdd(found.Name, found) && Path.GetDirectoryName(services[found.Name].FilePath) == directory.Path)
                {
                    warnings.Add(new ServiceFileWarning(path, $"{found.Name} is described by {services[found.Name].FilePath} already"));
                }
            }
        }

        return new ServiceCatalog(services, warnings, [.. services.Values.SelectMany(RemarksOn)]);
    }

    /// <summary>Looks a name up.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out ServiceDescriptor? descriptor) => _services.TryGetValue(name, out descriptor);

    /// <summary>Reads one file, as <see cref="Read"/> does.</summary>
    /// <param name="path">Rooted.</param>
    /// <param name="isStrict">It must be called after its name.</param>
    /// <param name="files">Reads it.</param>
    /// <param name="ownUserId">The user of the bus.</param>
    /// <param name="descriptor">What it says.</param>
    /// <param name="error">Why it cannot be used.</param>
    public static bool TryRead(
        string path,
        bool isStrict,
        IServiceFiles files,
        uint ownUserId,
        [NotNullWhen(true)] out ServiceDescriptor? descriptor,
        [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(files);
        descriptor = null;
        if (!files.TryRead(path, out ServiceFileContent? content, out error))
        {
            return false;
        }

        bool isTrusted = content.OwnerUserId == 0 || content.OwnerUserId == ownUserId;
        if (!ServiceFile.TryParse(content.Bytes.Span, path, isTrusted, out descriptor, out error))
        {
            return false;
        }

        if (isStrict && !IsCalledAfter(descriptor))
        {
            error = $"it must be called {descriptor.Name}{ServiceFile.Suffix}";
            descriptor = null;
            return false;
        }

        return true;
    }

    private static bool IsCalledAfter(ServiceDescriptor service) => Path.GetFileName(service.FilePath) == service.Name + ServiceFile.Suffix;

    private static IEnumerable<ServiceFileWarning> RemarksOn(ServiceDescriptor service)
    {
        if (!IsCalledAfter(service))
        {
            yield return new ServiceFileWarning(
                service.FilePath, $"it should be called {service.Name}{ServiceFile.Suffix}; the root helper of a bus with <user> finds it by that name alone");
        }

        if (service.Buffer?.Remark is { } remark)
        {
            yield return new ServiceFileWarning(service.FilePath, remark);
        }
    }

    private static string[] FilesOf(ServiceDirectory directory, List<ServiceFileWarning> warnings)
    {
        try
        {
            string[] paths = Directory.GetFiles(directory.Path, "*" + ServiceFile.Suffix);
            Array.Sort(paths, string.CompareOrdinal);
            return paths;
        }
        catch (DirectoryNotFoundException) when (!directory.IsTransient)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            warnings.Add(new ServiceFileWarning(directory.Path, e.Message));
            return [];
        }
    }
}
