"""Make DICOM files of drawn films, for the tests."""

import io
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image
from pydicom import dcmwrite
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

NAME = "Mustermann^Erika"

SYNTAXES = {
    "implicit": ImplicitVRLittleEndian,
    "explicit": ExplicitVRLittleEndian,
    "big endian": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "rle": RLELossless,
    "jpeg": JPEGBaseline8Bit,
    "jpeg2000": JPEG2000Lossless,
    "jpeg lossless": JPEGLosslessSV1,
    "jpeg ls": JPEGLSLossless,
}


def dicom(
    samples: np.ndarray, syntax: str = "explicit", omit: Sequence[str] = (), **elements: Any
) -> bytes:
    """Write samples (H, W) or (H, W, 3) of whole numbers as a DICOM file with a patient's name.

    `elements` set or, where None, remove elements by keyword; `omit` removes some at the end.
    """
    dataset = _dataset(samples)
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    _set_pixels(dataset, samples, syntax)
    for keyword in omit:
        delattr(dataset, keyword)
    stream = io.BytesIO()
    if syntax == "big endian":
        dcmwrite(stream, dataset, force_encoding=True, little_endian=False, implicit_vr=False)
    else:
        dataset.save_as(stream, enforce_file_format=True)
    return _with_gdcm(stream.getvalue(), syntax)


def _dataset(samples: np.ndarray) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset = FileDataset(io.BytesIO(), {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.PatientName, dataset.PatientID = NAME, "4711"
    dataset.PatientBirthDate = "19700101"
    dataset.Modality = "CR"
    dataset.Rows, dataset.Columns = samples.shape[:2]
    dataset.SamplesPerPixel = 3 if samples.ndim == 3 else 1
    dataset.PhotometricInterpretation = "RGB" if samples.ndim == 3 else "MONOCHROME2"
    if samples.ndim == 3:
        dataset.PlanarConfiguration = 0
    bits = samples.dtype.itemsize * 8
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = int(samples.dtype.kind == "i")
    return dataset


def _set_pixels(dataset: FileDataset, samples: np.ndarray, syntax: str) -> None:
    uid = SYNTAXES[syntax]
    through_gdcm = syntax in ("jpeg lossless", "jpeg ls")
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if through_gdcm else uid
    if syntax in ("jpeg", "jpeg2000"):
        dataset.PixelData = encapsulate([_codestream(samples, syntax)])
        dataset["PixelData"].is_undefined_length = True
    elif syntax == "rle":
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.PixelData = samples.tobytes()
        dataset.compress(RLELossless)
    else:
        order = ">" if syntax == "big endian" else "<"
        dataset.PixelData = samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    dataset["PixelData"].VR = "OW" if samples.dtype.itemsize == 2 else "OB"


def _codestream(samples: np.ndarray, syntax: str) -> bytes:
    stream = io.BytesIO()
    if syntax == "jpeg":
        Image.fromarray(samples).save(stream, "JPEG", quality=95)
    else:
        Image.fromarray(samples).save(stream, "JPEG2000", no_jp2=True, irreversible=False)
    return stream.getvalue()


def _with_gdcm(data: bytes, syntax: str) -> bytes:
    if syntax not in ("jpeg lossless", "jpeg ls"):
        return data
    import tempfile
    from pathlib import Path

    import gdcm

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.dcm", Path(folder) / "out.dcm"
        source.write_bytes(data)
        reader = gdcm.ImageReader()
        reader.SetFileName(str(source))
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        kind = {
            "jpeg lossless": gdcm.TransferSyntax.JPEGLosslessProcess14_1,
            "jpeg ls": gdcm.TransferSyntax.JPEGLSLossless,
        }[syntax]
        change.SetTransferSyntax(gdcm.TransferSyntax(kind))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(target))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
        return target.read_bytes()


def disc_directory() -> bytes:
    """Write the directory of a disc (DICOMDIR), without any records."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(io.BytesIO(), {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.FileSetID = "DISC"
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def raw_element(data: bytes, keyword: str, text: str, syntax: str = "explicit") -> bytes:
    """Replace a decimal string by any text, which the library would not write."""
    tag = tag_for_keyword(keyword)
    start = data.rindex(struct.pack("<HH", tag >> 16, tag & 0xFFFF))
    explicit = syntax == "explicit"
    length = struct.unpack_from("<H" if explicit else "<I", data, start + (6 if explicit else 4))[0]
    value = text.encode("latin-1").ljust(len(text) + len(text) % 2)
    size = struct.pack("<2sH", b"DS", len(value)) if explicit else struct.pack("<I", len(value))
    return data[: start + 4] + size + value + data[start + 8 + length :]
