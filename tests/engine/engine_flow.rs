use crate::support::{Driver, cpu, gpu, shot};
use zscape::engine::{DeviceChoice, Event, Fault, Job, ModelSource, Picture};
use zscape::gpu::{display, readback};
use zscape::latent::Space;
use zscape::latent::expr::Expr;

#[test]
fn a_frame_is_the_picture_of_its_expression() {
    let driver = cpu();
    let model = driver.load("digits-vae2");
    let frame = driver.frame(&model.id, 7, "[0.5, -1.25]");
    assert_eq!(frame.code.values.reals(), [0.5, -1.25]);
    assert_eq!(frame.code.space, Space::Z);
    let Picture::Pixels { rgba, image } = frame.picture else {
        panic!("the CPU gives pixels")
    };
    assert_eq!(rgba.len(), image.width * image.height * 4);
    let decoded = driver.pictures(driver.engine.submit(Job::Decode {
        shots: vec![shot(&model.id, "[0.5, -1.25]")],
        names: Default::default(),
    }));
    assert_eq!(rgba.to_vec(), display::rgba_from_planes(&decoded, image));
    assert!(
        rgba.chunks(4).any(|pixel| pixel[0] > 100),
        "the picture is blank"
    );
}

#[test]
fn the_newest_preview_wins() {
    let driver = cpu();
    let model = driver.load("fashion-vae");
    for generation in 1..=500 {
        driver.request(&model.id, generation, &format!("seed({generation})"));
    }
    let mut last = 0;
    let mut frames = 0;
    driver.wait("the last frame", |event| {
        if let Event::Frame(frame) = event {
            assert!(frame.generation > last, "frames come in order");
            last = frame.generation;
            frames += 1;
        }
        (last == 500).then_some(())
    });
    assert!(
        frames < 500,
        "no request was replaced although 500 came at once"
    );
}

#[test]
fn previews_are_served_while_a_job_runs() {
    let driver = cpu();
    let model = driver.load("digits-gan");
    let job = driver.decode(&model.id, 0..6400);
    driver.wait("the job runs", |event| {
        matches!(event, Event::Progress { .. }).then_some(())
    });
    driver.request(&model.id, 1, "seed(1)");
    driver.wait("a frame before the job is done", |event| match event {
        Event::JobDone { .. } => panic!("the job was finished before the preview"),
        Event::Frame(frame) => Some(frame),
        _ => None,
    });
    driver.engine.cancel(job);
    driver.wait("the job is cancelled", |event| match event {
        Event::JobDone { .. } => panic!("the job went on to its end"),
        Event::JobCancelled { job: cancelled } => (cancelled == job).then_some(()),
        _ => None,
    });
}

#[test]
fn a_job_that_waits_can_be_cancelled() {
    let driver = cpu();
    let model = driver.load("digits-ae2");
    // So many that the second is cancelled before the first is done, however late this thread gets a turn.
    let first = driver.decode(&model.id, 0..200_000);
    let second = driver.decode(&model.id, 0..640);
    driver.engine.cancel(second);
    driver.wait("the second job is cancelled", |event| match event {
        Event::JobCancelled { job } => {
            assert_eq!(job, second);
            Some(())
        }
        Event::JobDone { job } => panic!("{job:?} was done before the second was cancelled"),
        _ => None,
    });
    driver.engine.cancel(first);
    driver.wait("the first job is cancelled", |event| match event {
        Event::JobCancelled { job } => {
            assert_eq!(job, first);
            Some(())
        }
        Event::Tile { job, .. } => {
            assert_eq!(job, first, "the other was cancelled");
            None
        }
        _ => None,
    });
}

#[test]
fn tiles_come_in_order_and_hold_the_same_pictures_as_one_by_one() {
    let driver = cpu();
    let model = driver.load("digits-gan");
    let all = driver.pictures(driver.decode(&model.id, 0..100));
    let one = driver.pictures(driver.decode(&model.id, 70..71));
    let len = model.manifest.image.len();
    assert_eq!(all.len(), 100 * len);
    let largest = all[70 * len..71 * len]
        .iter()
        .zip(&one)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(
        largest < 1e-5,
        "picture 70 differs by {largest} from the same seed alone"
    );
}

#[test]
fn a_fault_leaves_the_engine_with_what_it_had() {
    let driver = cpu();
    let model = driver.load("digits-gan");
    driver
        .engine
        .load(ModelSource::Catalogue("nothing".to_owned()));
    let (source, message) = driver.wait("the load fails", |event| match event {
        Event::LoadFailed { source, fault } => Some((source, fault.to_string())),
        _ => None,
    });
    assert_eq!(source, ModelSource::Catalogue("nothing".to_owned()));
    assert!(message.contains("digits-vae2"), "{message}");
    for (expression, part) in [
        ("w(seed(1))", "no w space"),
        ("encode(\"a.png\")", "no encoder"),
        ("[1, 2]", "has 2 numbers"),
        ("@nobody", "nobody"),
    ] {
        driver.request(&model.id, 3, expression);
        let message = driver.wait("the preview fails", |event| match event {
            Event::PreviewFailed {
                generation: 3,
                fault: Fault::Request(message),
                ..
            } => Some(message),
            _ => None,
        });
        assert!(
            message.contains(part),
            "{expression}: {message:?} should contain {part:?}"
        );
    }
    driver.frame(&model.id, 4, "seed(1)");
}

#[test]
fn an_encoder_finds_a_picture_that_the_model_made() {
    let driver = cpu();
    let model = driver.load("digits-vae2");
    let frame = driver.frame(&model.id, 1, "@digit-1");
    let Picture::Pixels { rgba, image } = &frame.picture else {
        panic!("the CPU gives pixels")
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("one.png");
    let (width, height) = (image.width as u32, image.height as u32);
    image::save_buffer(&path, rgba, width, height, image::ColorType::Rgba8).expect("a PNG");
    let text = Expr::Encode(path.display().to_string()).to_string();
    let found = driver.frame(&model.id, 2, &text);
    let distance: f32 = found
        .code
        .values
        .reals()
        .iter()
        .zip(frame.code.values.reals())
        .map(|(a, b)| (a - b).powi(2))
        .sum();
    assert!(
        distance.sqrt() < 1.5,
        "{:?} is far from {:?}",
        found.code,
        frame.code
    );
}

#[test]
fn pictures_stay_on_a_shared_device() {
    let gpu = gpu();
    let driver = Driver::new(DeviceChoice::Gpu, Some(gpu.clone()));
    let model = driver.load("digits-vae2");
    let frame = driver.frame(&model.id, 1, "[1, 0.5]");
    let Picture::Texture { texture, image } = frame.picture else {
        panic!("a shared device gives textures")
    };
    let shown = readback::rgba(&gpu.device, &gpu.queue, &texture).expect("the device is there");
    let decoded = driver.pictures(driver.engine.submit(Job::Decode {
        shots: vec![shot(&model.id, "[1, 0.5]")],
        names: Default::default(),
    }));
    let expected = display::rgba_from_planes(&decoded, image);
    let differing = shown
        .iter()
        .zip(&expected)
        .filter(|(a, b)| a.abs_diff(**b) > 1)
        .count();
    assert_eq!(
        differing, 0,
        "bytes differ between the texture and the decoded numbers"
    );
}

#[test]
fn a_lost_device_falls_back_and_loses_nothing() {
    let gpu = gpu();
    let driver = Driver::new(DeviceChoice::Gpu, Some(gpu.clone()));
    let model = driver.load("digits-ae2");
    driver.frame(&model.id, 1, "seed(1)");
    gpu.device.destroy();
    driver.request(&model.id, 2, "seed(2)");
    let mut fallback = None;
    let frame = driver.wait("a frame from the CPU", |event| match event {
        Event::Device(info) if info.backend == "flex" => {
            fallback = info.fallback;
            None
        }
        Event::Frame(frame) if frame.generation == 2 => Some(frame),
        Event::PreviewFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    });
    assert!(matches!(frame.picture, Picture::Pixels { .. }));
    assert!(fallback.is_some(), "nobody was told why the device changed");
    driver.frame(&model.id, 3, "seed(3)");
}

#[test]
fn kernels_are_warmed_up_visibly_on_a_gpu() {
    let driver = Driver::new(DeviceChoice::Gpu, Some(gpu()));
    driver.load("digits-vae2");
    let mut seen = Vec::new();
    driver.wait("the warm-up ends", |event| {
        if let Event::Warming { done, total, .. } = event {
            seen.push(done);
            return (done == total).then_some(());
        }
        None
    });
    assert_eq!(seen, [0, 1, 2, 3]);
}
